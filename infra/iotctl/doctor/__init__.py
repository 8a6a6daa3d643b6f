"""`iotctl doctor`: what is wrong with a stack, in words, worst first, with the remedy.

Gatherers look and judge nothing; checks judge facts and look at nothing.
"""
