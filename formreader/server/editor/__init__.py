"""The template editor: forms are drawn on their blank page in the browser.

The files in the folder of forms are all that the server knows. A browser is given a
form as a draft with the tag of the file it comes from, holds what people change, and
sends it whole: to be checked, tried on pages, or saved, which a file that has changed
meanwhile refuses. What is valid, and where cells lie, is decided here alone.
"""
