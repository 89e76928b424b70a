VALUE = "deep right"
