@echo off
rem Runs load tests on Windows, on the Docker stack, and judges them: exit code 0 pass, 1 fail, 2 not judged.
rem   scripts\run_load_tests.bat                          all scenarios but the long ones
rem   scripts\run_load_tests.bat --scenario smoke         one scenario; --help lists all options
rem With --host the target is your own API; it has to be reachable from a container.
rem Needs Docker Desktop and Python 3.11 or later. In WSL, scripts/run-tests.sh runs without Docker.
setlocal
cd /d "%~dp0.."
set "VENV_PYTHON=.venv\Scripts\python.exe"
if not exist "%VENV_PYTHON%" (
  py -3 -m venv .venv || (echo Python 3.11 or later is needed: install it from python.org, with the launcher py 1>&2 & exit /b 2)
)
"%VENV_PYTHON%" -c "import swarmscope, typer" 2>nul && goto run
rem requirements.lock also has what only the embedded stack needs, which does not exist for Windows.
"%VENV_PYTHON%" -m pip install --quiet --disable-pip-version-check --editable . || exit /b 2
:run
"%VENV_PYTHON%" -m swarmscope all --docker %*
exit /b %ERRORLEVEL%
