"""What the demo of a plugin prints, draws and leaves behind: for the built-in ones and for yours.

A plugin brings a demo by ``Demo`` (see ``Bring.demos``). Its command is told like the others by
``options``, shows how far it is by ``bar``, prints its end by ``facts`` and ``numbers``, draws
with ``svg``, calls people by ``invented`` names, and leaves a marketplace to look into by
``left``. Everything here is made of the face.
"""
