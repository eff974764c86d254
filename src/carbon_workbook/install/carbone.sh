#!/bin/sh
# Carbon Workbook : actualise un classeur puis écrit ses rapports. Usage : carbone.sh CLASSEUR...
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
unset PYTHONPATH
exec "$here/python/bin/python" -P -m carbon_workbook.install.launch "$@"
