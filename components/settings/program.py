"""The settings of the running Pulumi program. Apart from the rest, so that nothing else here needs Pulumi."""

from pulumi.runtime import config

from components.settings.load import load_settings
from components.settings.stack import Settings


def program_settings() -> Settings:
    """The settings of the stack that the engine runs this program for.

    All of the configuration is read, and not key by key: a key that nobody asks for is a misspelt one. Raises
    SettingsError with every problem.
    """
    values = {**config.get_config_env(), **config.CONFIG.get()}
    return load_settings(values, secret_keys=config.get_config_secret_keys_env())
