@rem Sets PYTHON_WITH_SDK to a Python that has the Pulumi SDK; the same order as find-python.sh.
@set "PYTHON_WITH_SDK="
@if defined PULUMI_RUNTIME_VIRTUALENV if exist "%PULUMI_RUNTIME_VIRTUALENV%\Lib\site-packages\pulumi" set "PYTHON_WITH_SDK=%PULUMI_RUNTIME_VIRTUALENV%\Scripts\python.exe"
@if not defined PYTHON_WITH_SDK if exist "%CD%\.venv\Lib\site-packages\pulumi" set "PYTHON_WITH_SDK=%CD%\.venv\Scripts\python.exe"
@if not defined PYTHON_WITH_SDK if defined VIRTUAL_ENV if exist "%VIRTUAL_ENV%\Lib\site-packages\pulumi" set "PYTHON_WITH_SDK=%VIRTUAL_ENV%\Scripts\python.exe"
@if not defined PYTHON_WITH_SDK set "PYTHON_WITH_SDK=python"
