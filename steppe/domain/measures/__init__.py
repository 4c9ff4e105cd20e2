"""What deals became of: conversion, scorecards, pledges, money, supply and value chain (domain page, section 9)."""
