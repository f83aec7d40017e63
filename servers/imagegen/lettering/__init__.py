"""Unwanted lettering in pictures: found by OCR, told, or got rid of by another seed."""
