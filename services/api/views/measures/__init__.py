"""What is reckoned of many deals at once: conversion, scorecards of forums (domain page, section 9)."""
