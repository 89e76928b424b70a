VALUE = "deep left"
