Attribute VB_Name = "CarbonTextes"
Option Explicit
Option Private Module

' Module écrit par « python -m carbon_workbook.excel.modules » d'après les tables ; ne pas le modifier ici.

Public Const CW_601 As String = "CW-601 – Le moteur de calcul est hors d'atteinte. Cliquez sur Reconnecter dans l'onglet Carbone ; si cela persiste, fermez le classeur et lancez « carbon-workbook refresh »."
Public Const CW_602 As String = "CW-602 – Le moteur de calcul a rendu une erreur inattendue. Cliquez sur Aide dans l'onglet Carbone pour lire le détail, et transmettez-le."
Public Const CW_603 As String = "CW-603 – Les fonctions de calcul n'existent pas dans Excel pour Mac. Lancez « carbon-workbook refresh » sur le classeur : les résultats retenus seront les mêmes."
Public Const CW_618 As String = "CW-618 – La cellule de recherche du catalogue est introuvable. Cherchez le facteur dans la feuille Catalogue."
Public Const CW_619 As String = "CW-619 – La table des catégories est introuvable ou incomplète. Vérifiez la table tbl_categories de la feuille Périmètre (colonnes Code et Feuille affichée)."
Public Const CW_620 As String = "CW-620 – Fonctions : EMISSIONS, FACTEUR, CHERCHER_FACTEUR, EMISSIONS_DETAIL, EXPLIQUER. Une cellule en erreur s'explique par =EXPLIQUER(…) avec les mêmes arguments. Les totaux ne lisent que les valeur" & "s retenues, écrites par Actualiser."
Public Const CW_839 As String = "CW-839 – Aucune cellule n'est active. Cliquer sur un nombre d'une feuille de résultat ou sur une ligne saisie, puis recommencer."

Public Sub CarbonDecrire()
    Dim enregistre As Boolean
    enregistre = ThisWorkbook.Saved
    Application.MacroOptions Macro:="EMISSIONS", _
        Description:="Émissions de GES d'une quantité : quantité × facteur d'émission, en tCO2e. Un refus est une erreur Excel (#N/A, #VALEUR!, #NOMBRE!) ; EXPLIQUER, avec les mêmes arguments, en donne la raison et le remè" & "de.", _
        Category:="Carbone", _
        ArgumentDescriptions:=Array("Identifiant, libellé exact ou nom courant du facteur d'émission, ou identifiant d'un facteur propre du classeur.", _
        "Quantité d'activité : un nombre, jamais négatif. Une plage donne un résultat par cellule.", _
        "Unité de la quantité (kWh, t.km, litre…). Omise ou vide : la quantité est dans l'unité du facteur.", _
        "Année de l'inventaire : choisit le facteur d'une série datée. Omise : le facteur est pris tel que désigné.", _
        "Ce que la fonction rend : tCO2e (par défaut), kgCO2e, ou un gaz en tCO2e : CO2, CH4, N2O, autres, non ventilé, CO2b (hors total).")
    Application.MacroOptions Macro:="FACTEUR", _
        Description:="Un champ d'un facteur d'émission : sa valeur (somme des étapes, en kgCO2e par unité) ou sa valeur publiée, son unité, son libellé, sa source, sa version, sa validité, son incertitude, ses PRG…", _
        Category:="Carbone", _
        ArgumentDescriptions:=Array("Identifiant, libellé exact ou nom courant du facteur d'émission.", _
        "valeur (par défaut), publié, unité, libellé, identifiant, source, version, licence, validité, incertitude, PRG, géographie, statut, avertissement.", _
        "Année de l'inventaire : choisit le facteur d'une série datée.")
    Application.MacroOptions Macro:="CHERCHER_FACTEUR", _
        Description:="Cherche dans le catalogue et rend un facteur sous la forme « identifiant · libellé [unité] », utilisable tel quel dans EMISSIONS. #N/A si rien ne ressemble au texte.", _
        Category:="Carbone", _
        ArgumentDescriptions:=Array("Mots à chercher, en français, par exemple : camion articulé 40 t.", _
        "Unité de la quantité à multiplier : seuls les facteurs de même grandeur sont proposés. Omise : tous.", _
        "Rang de la réponse : 1 (par défaut) pour la meilleure, 2 pour la suivante…")
    Application.MacroOptions Macro:="EMISSIONS_DETAIL", _
        Description:="Le détail d'un calcul sur une ligne de neuf cellules, en tCO2e : CO2 ; CH4 ; N2O ; autres gaz ; non ventilé ; total ; CO2 biogénique (hors total) ; incertitude du facteur ; source.", _
        Category:="Carbone", _
        ArgumentDescriptions:=Array("Identifiant, libellé exact ou nom courant du facteur d'émission. Une colonne de n cellules donne n lignes.", _
        "Quantité d'activité : un nombre, jamais négatif.", _
        "Unité de la quantité. Omise ou vide : la quantité est dans l'unité du facteur.", _
        "Année de l'inventaire : choisit le facteur d'une série datée.")
    Application.MacroOptions Macro:="EXPLIQUER", _
        Description:="Une phrase sur le calcul d'EMISSIONS avec les mêmes arguments : facteur, version, valeur, conversion, résultat ; ou pourquoi il est refusé, et que faire.", _
        Category:="Carbone", _
        ArgumentDescriptions:=Array("Le même argument que dans EMISSIONS.", _
        "Le même argument que dans EMISSIONS.", _
        "Le même argument que dans EMISSIONS.", _
        "Le même argument que dans EMISSIONS.")
    ThisWorkbook.Saved = enregistre
End Sub

Public Function CarbonCodeFeuille(nom As String) As String
    Select Case nom
        Case "1.1 Combustion fixe": CarbonCodeFeuille = "1.1"
        Case "1.2 Combustion mobile": CarbonCodeFeuille = "1.2"
        Case "1.3 Procédés": CarbonCodeFeuille = "1.3"
        Case "1.4 Fugitives": CarbonCodeFeuille = "1.4"
        Case "1.5 Sols": CarbonCodeFeuille = "1.5"
        Case "2.1 Électricité": CarbonCodeFeuille = "2.1"
        Case "2.2 Chaleur et froid": CarbonCodeFeuille = "2.2"
        Case "2.1b Instruments": CarbonCodeFeuille = "2.1"
        Case "C1 Achats": CarbonCodeFeuille = "C1"
        Case "C2 Immobilisations": CarbonCodeFeuille = "C2"
        Case "C3 Énergie amont": CarbonCodeFeuille = "C3"
        Case "C4 Transport amont": CarbonCodeFeuille = "C4"
        Case "C5 Déchets": CarbonCodeFeuille = "C5"
        Case "C6 Déplacements pro": CarbonCodeFeuille = "C6"
        Case "C7 Domicile-travail": CarbonCodeFeuille = "C7"
        Case "C8 Actifs loués amont": CarbonCodeFeuille = "C8"
        Case "C9 Transport aval": CarbonCodeFeuille = "C9"
        Case "C10 Transformation": CarbonCodeFeuille = "C10"
        Case "C11 Utilisation": CarbonCodeFeuille = "C11"
        Case "C12 Fin de vie": CarbonCodeFeuille = "C12"
        Case "C13 Actifs loués aval": CarbonCodeFeuille = "C13"
        Case "C14 Franchises": CarbonCodeFeuille = "C14"
        Case "C15 Investissements": CarbonCodeFeuille = "C15"
        Case "Visiteurs et clients": CarbonCodeFeuille = "3.4"
        Case "Autres indirectes": CarbonCodeFeuille = "6.1"
    End Select
End Function
