@echo off
call "%~dp0find-python.cmd"
"%PYTHON_WITH_SDK%" -u "%~dp0language_host.py" %*
