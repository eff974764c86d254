Attribute VB_Name = "CarbonRuban"
Option Explicit

' Les commandes de l'onglet Carbone et des boutons de feuille : les mêmes Subs, avec ou sans ruban.

Private Const TABLE_CATEGORIES As String = "tbl_categories"
Private Const NOM_RECHERCHE As String = "cw_recherche"

Private Type EtatExcel
    Ecran As Boolean
    Evenements As Boolean
    Calcul As Long
End Type

Public Sub CarbonActualiser_ruban(control As IRibbonControl)
    CarbonActualiser
End Sub

Public Sub CarbonControler_ruban(control As IRibbonControl)
    CarbonControler
End Sub

Public Sub CarbonRapport_ruban(control As IRibbonControl)
    CarbonRapport
End Sub

Public Sub CarbonOrigine_ruban(control As IRibbonControl)
    CarbonOrigine
End Sub

Public Sub CarbonChercher_ruban(control As IRibbonControl)
    CarbonChercher
End Sub

Public Sub CarbonFeuilles_ruban(control As IRibbonControl)
    CarbonFeuilles
End Sub

Public Sub CarbonReconnecter_ruban(control As IRibbonControl)
    CarbonReconnecter
End Sub

Public Sub CarbonAide_ruban(control As IRibbonControl)
    CarbonAide
End Sub

Public Sub Auto_Open()
    CarbonDecrire
End Sub

Public Sub CarbonActualiser()
    Executer "ACTUALISER", "Carbone : actualisation de l'inventaire…"
End Sub

Public Sub CarbonControler()
    Executer "CONTROLER", "Carbone : contrôle des saisies…"
End Sub

Public Sub CarbonRapport()
    Executer "RAPPORT", "Carbone : écriture des rapports…"
End Sub

' La chaîne qui mène au nombre de la cellule active ; rien n'est écrit.
Public Sub CarbonOrigine()
    If ActiveCell Is Nothing Then
        MsgBox CW_839, vbExclamation, "Carbone"
        Exit Sub
    End If
    Executer "ORIGINE", "Carbone : recherche de l'origine du nombre…", ActiveSheet.Name & "!" & ActiveCell.Address(False, False)
End Sub

' Une action du moteur : l'écran, les événements, le calcul et la barre d'état sont rendus quoi qu'il arrive.
Private Sub Executer(nom As String, barre As String, Optional argument As String = "")
    Dim etat As EtatExcel, reussie As Boolean, compteRendu As String
    etat.Ecran = Application.ScreenUpdating
    etat.Evenements = Application.EnableEvents
    etat.Calcul = Application.Calculation
    On Error GoTo Echec
    Application.Calculate
    Application.StatusBar = barre
    Application.ScreenUpdating = False
    Application.EnableEvents = False
    Application.Calculation = xlCalculationManual
    reussie = CarbonAction(nom, compteRendu, argument)
    CarbonOublier
    GoTo Fin
Echec:
    reussie = False
    compteRendu = Err.Description
    Resume Fin
Fin:
    On Error Resume Next
    Application.Calculation = etat.Calcul
    Application.EnableEvents = etat.Evenements
    Application.ScreenUpdating = etat.Ecran
    If CarbonPerimees() Then Application.CalculateFull
    Application.StatusBar = False
    On Error GoTo 0
    If reussie Then
        MsgBox compteRendu, vbInformation, "Carbone"
    Else
        MsgBox compteRendu, vbExclamation, "Carbone"
    End If
End Sub

Public Sub CarbonChercher()
    Dim nom As Name
    For Each nom In ThisWorkbook.Names
        If nom.Name = NOM_RECHERCHE Then
            Application.Goto nom.RefersToRange
            Exit Sub
        End If
    Next nom
    MsgBox CW_618, vbExclamation, "Carbone"
End Sub

' Affiche ou masque les feuilles des catégories selon la colonne « Feuille affichée » de tbl_categories (O ou N).
Public Sub CarbonFeuilles()
    Dim table As ListObject, codes As Variant, choix As Variant, i As Long, feuille As Worksheet
    Dim colonneCode As Long, colonneChoix As Long, ecran As Boolean, barre As String
    Set table = TableNommee(TABLE_CATEGORIES)
    If table Is Nothing Then
        MsgBox CW_619, vbExclamation, "Carbone"
        Exit Sub
    End If
    colonneChoix = RangDeColonne(table, "Feuille affichée")
    colonneCode = RangDeColonne(table, "Code")
    If colonneChoix = 0 Or colonneCode = 0 Or table.DataBodyRange Is Nothing Then
        MsgBox CW_619, vbExclamation, "Carbone"
        Exit Sub
    End If
    ecran = Application.ScreenUpdating
    On Error GoTo Echec
    Application.ScreenUpdating = False
    For i = 1 To table.DataBodyRange.Rows.Count
        codes = Trim$(CStr(table.DataBodyRange.Cells(i, colonneCode).Value))
        choix = UCase$(Trim$(CStr(table.DataBodyRange.Cells(i, colonneChoix).Value)))
        If codes <> "" And (choix = "O" Or choix = "N") Then
            For Each feuille In ThisWorkbook.Worksheets
                If CarbonCodeFeuille(feuille.Name) = codes Then
                    If choix = "O" Then feuille.Visible = xlSheetVisible Else feuille.Visible = xlSheetHidden
                End If
            Next feuille
        End If
    Next i
    GoTo Fin
Echec:
    barre = Err.Description
    Resume Fin
Fin:
    Application.ScreenUpdating = ecran
    If barre <> "" Then MsgBox barre, vbExclamation, "Carbone"
End Sub

Public Sub CarbonReconnecter()
    If CarbonRelancer() Then
        Application.CalculateFull
        MsgBox CarbonEtat(), vbInformation, "Carbone"
    Else
        MsgBox CarbonEtat(), vbExclamation, "Carbone"
    End If
End Sub

Public Sub CarbonAide()
    MsgBox CW_620 & vbLf & vbLf & CarbonEtat(), vbInformation, "Carbone"
End Sub

Private Function TableNommee(nom As String) As ListObject
    Dim feuille As Worksheet, table As ListObject
    For Each feuille In ThisWorkbook.Worksheets
        For Each table In feuille.ListObjects
            If table.Name = nom Then
                Set TableNommee = table
                Exit Function
            End If
        Next table
    Next feuille
End Function

Private Function RangDeColonne(table As ListObject, titre As String) As Long
    Dim i As Long
    For i = 1 To table.ListColumns.Count
        If table.ListColumns(i).Name = titre Then
            RangDeColonne = i
            Exit Function
        End If
    Next i
End Function
