@echo off
rem Carbon Workbook : actualise un classeur puis écrit ses rapports, sans passer par Excel.
rem Déposer le classeur sur ce fichier, ou taper : carbone.cmd CLASSEUR
setlocal EnableDelayedExpansion
rem L'explorateur ne met pas de guillemets autour d'un nom qui contient « & » : la ligne entière est relue.
set "CARBONE_LIGNE=!cmdcmdline!"
set "CARBONE_NUE=!CARBONE_LIGNE:"=!"
set "CARBONE_SANS=!CARBONE_NUE:carbone.cmd=!"
setlocal DisableDelayedExpansion
chcp 65001 >nul
set "PYTHONUTF8=1"
set "PYTHONPATH="
set "CARBONE_PYTHON=%~dp0python\Scripts\python.exe"
if not exist "%CARBONE_PYTHON%" set "CARBONE_PYTHON=%~dp0python\python.exe"
if not exist "%CARBONE_PYTHON%" goto absent
"%CARBONE_PYTHON%" -P -m carbon_workbook.install.launch %*
goto fin
:absent
echo L'installation manque : lancez « carbon-workbook setup ».
:fin
echo.
pause
endlocal
rem Lancé par l'explorateur : finir ici, sans exécuter ce qui suit un « & ».
if not "!CARBONE_NUE!"=="!CARBONE_SANS!" exit
