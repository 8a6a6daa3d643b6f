"""The topic iot-sensors: is it the table's, what waits in it, how another one takes over."""
