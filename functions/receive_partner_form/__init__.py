"""The door for the forms of others.

What it imports stays, so the garbage collector waits until the handler stands.
"""

import gc

gc.disable()
