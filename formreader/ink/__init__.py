"""Which ink a pixel is: the pen's, print, or a rule of the form."""
