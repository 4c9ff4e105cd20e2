"""Measures over many deals at once: conversion, scorecards of forums, money, pledges, supply, lifecycles (domain page, section 9)."""
