"""Run by LibreOffice's Python: commands for a live Calc as JSON lines, one answer a line (``office.py`` sends them)."""

import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.container import NoSuchElementException
from com.sun.star.lang import IllegalArgumentException
from com.sun.star.uno import RuntimeException


def properties(**values):
    found = []
    for name, value in values.items():
        one = PropertyValue()
        one.Name, one.Value = name, value
        found.append(one)
    return tuple(found)


class Calc:
    """The documents open in one LibreOffice, by the name that the test gives them."""

    def __init__(self, pipe):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
        address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
        for _ in range(120):
            try:
                self.context = resolver.resolve(address)
                break
            except NoConnectException:
                time.sleep(0.5)
        else:
            raise SystemExit("LibreOffice n'a pas répondu en 60 s")
        self.desktop = self.service("com.sun.star.frame.Desktop")
        self.documents = {}

    def service(self, name):
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def configuration(self, node, name):
        provider = self.service("com.sun.star.configuration.ConfigurationProvider")
        reader = "com.sun.star.configuration.ConfigurationAccess"
        found = provider.createInstanceWithArguments(reader, properties(nodepath=node))
        return found.getByHierarchicalName(name)

    def open(self, name, path=None, macros=False):
        url = uno.systemPathToFileUrl(path) if path else "private:factory/scalc"
        chosen = properties(MacroExecutionMode=4 if macros else 0)
        self.documents[name] = self.desktop.loadComponentFromURL(url, "_blank", 0, chosen)

    def close(self, name):
        self.documents.pop(name).close(True)

    def calculate(self, name):
        self.documents[name].calculateAll()

    def store(self, name, path, format):
        self.documents[name].storeToURL(uno.systemPathToFileUrl(path), properties(FilterName=format))

    def sheets(self, name):
        return list(self.documents[name].Sheets.ElementNames)

    def range(self, name, sheet, ref):
        return self.documents[name].Sheets.getByName(sheet).getCellRangeByName(ref)

    def tables(self, name):
        ranges, found = self.documents[name].DatabaseRanges, {}
        for table in ranges.ElementNames:
            area = ranges.getByName(table).DataArea
            sheet = self.documents[name].Sheets.getByIndex(area.Sheet).Name
            found[table] = [sheet, area.StartColumn, area.StartRow, area.EndColumn, area.EndRow]
        return found

    def cells(self, name, sheet, ref):
        """Rows of [text shown, number, error number, formula, kind of result]."""
        block, rows = self.range(name, sheet, ref), []
        for row in range(block.Rows.Count):
            cells = [block.getCellByPosition(column, row) for column in range(block.Columns.Count)]
            rows.append([[c.String, c.Value, c.getError(), c.Formula, self.kind(c)] for c in cells])
        return rows

    @staticmethod
    def kind(cell):
        kinds = {1: "VALUE", 2: "TEXT", 4: "ERROR"}
        return kinds[cell.FormulaResultType2] if cell.Type.value == "FORMULA" else cell.Type.value

    def data(self, name, sheet, ref):
        return self.range(name, sheet, ref).getDataArray()

    def put(self, name, sheet, ref, value):
        cell = self.range(name, sheet, ref)
        if isinstance(value, str):
            cell.setFormula(value)
        else:
            cell.setValue(value)

    def text(self, name, sheet, ref, value):
        self.range(name, sheet, ref).setString(value)

    def formulas(self, name, sheet, ref, rows):
        self.range(name, sheet, ref).setFormulaArray(tuple(map(tuple, rows)))

    def modified(self, name):
        return self.documents[name].isModified()

    def array(self, name, sheet, ref, formula):
        self.range(name, sheet, ref).setArrayFormula(formula)

    def protect(self, name, sheet, password):
        found = self.documents[name].Sheets.getByName(sheet)
        found.unprotect("")
        found.protect(password)

    def protected(self, name, sheet):
        return self.documents[name].Sheets.getByName(sheet).isProtected()

    def links(self, name, sheet, ref):
        fields = self.range(name, sheet, ref).getTextFields()
        return [fields.getByIndex(i).URL for i in range(fields.Count)]

    def undo(self, name):
        manager = self.documents[name].UndoManager
        title = manager.getCurrentUndoActionTitle()
        manager.undo()
        return title

    def menus(self):
        """Menus that extensions add: title and entries (title, URL)."""
        bar = self.configuration("/org.openoffice.Office.Addons/AddonUI", "OfficeMenuBar")
        found = {}
        for name in bar.ElementNames:
            menu = bar.getByName(name)
            entries = [menu.Submenu.getByName(entry) for entry in menu.Submenu.ElementNames]
            found[menu.Title] = [[entry.Title, entry.URL] for entry in entries]
        return found

    def functions(self):
        described = self.service("com.sun.star.sheet.FunctionDescriptions")
        found = {}
        for index in range(described.Count):
            values = {p.Name: p.Value for p in described.getByIndex(index)}
            helps = [[a.Name, a.Description] for a in values["Arguments"] or ()]
            found[values["Name"]] = [values["Description"], helps]
        return found

    def dispatch(self, name, url):
        frame = self.documents[name].CurrentController.Frame
        frame.activate()
        self.service("com.sun.star.frame.DispatchHelper").executeDispatch(frame, url, "", 0, ())

    def version(self):
        node = self.configuration("/org.openoffice.Setup", "Product")
        return f"{node.getByName('ooName')} {node.getByName('ooSetupVersionAboutBox')}"

    def quit(self):
        for name in list(self.documents):
            self.close(name)
        self.desktop.terminate()


def main():
    calc = Calc(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"said": getattr(calc, request["do"])(*request["with"])}
        except (
            AttributeError,
            IllegalArgumentException,
            KeyError,
            NoSuchElementException,
            RuntimeException,
        ) as error:
            answer = {"error": f"{type(error).__name__} : {error}"}
        print(json.dumps(answer), flush=True)
        if request["do"] == "quit":
            break


if __name__ == "__main__":
    main()
