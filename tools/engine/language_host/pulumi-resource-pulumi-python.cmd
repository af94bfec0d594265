@echo off
call "%~dp0find-python.cmd"
"%PYTHON_WITH_SDK%" -u -m pulumi.dynamic %*
