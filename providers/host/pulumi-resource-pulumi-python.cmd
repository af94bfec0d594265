@echo off
rem The engine starts this for the project's dynamic providers, because Pulumi.yaml says so (plugins.providers).
rem Python: the one that the project's virtualenv option names, the active one, the project's .venv, else python.
set "PYTHON_OF_PROJECT=python"
if exist "%~dp0..\..\.venv\Scripts\python.exe" set "PYTHON_OF_PROJECT=%~dp0..\..\.venv\Scripts\python.exe"
if defined VIRTUAL_ENV if exist "%VIRTUAL_ENV%\Scripts\python.exe" set "PYTHON_OF_PROJECT=%VIRTUAL_ENV%\Scripts\python.exe"
if defined PULUMI_RUNTIME_VIRTUALENV if exist "%PULUMI_RUNTIME_VIRTUALENV%\Scripts\python.exe" set "PYTHON_OF_PROJECT=%PULUMI_RUNTIME_VIRTUALENV%\Scripts\python.exe"
set "PYTHONPATH=%~dp0..\..;%PYTHONPATH%"
"%PYTHON_OF_PROJECT%" -u -m providers.host %*
