"""The Pulumi program: reads the stack's settings, declares the components, exports the outputs."""

import pulumi

from components.stack import declare, read_settings

for name, value in declare(read_settings()).items():
    pulumi.export(name, value)
