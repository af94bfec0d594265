@echo off
rem The simulator's stand-in for the azure-native plugin, found on the PATH of stacks of cloud simulator only.
setlocal
set "PROJECT=%~dp0..\..\.."
set "PYTHON=python"
if exist "%PROJECT%\.venv\Scripts\python.exe" set "PYTHON=%PROJECT%\.venv\Scripts\python.exe"
if defined VIRTUAL_ENV if exist "%VIRTUAL_ENV%\Scripts\python.exe" set "PYTHON=%VIRTUAL_ENV%\Scripts\python.exe"
set "PYTHONPATH=%PROJECT%;%PYTHONPATH%"
"%PYTHON%" -u -m simulator.azure_native %*
