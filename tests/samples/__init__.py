"""Tests of the sample data and of the reports made from it."""
