"""An A/B run: two targets under the same load in turn, in blocks of time that are compared in pairs."""
