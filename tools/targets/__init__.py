"""The targets of ``tools/do.py``, one module an idea; ``tools/catalogue.py`` lists them."""
