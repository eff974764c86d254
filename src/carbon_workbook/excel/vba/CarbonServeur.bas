Attribute VB_Name = "CarbonServeur"
Option Explicit
Option Private Module

' Le lien avec le moteur Python. L'objet rendu par XLPy est gardé d'un appel à l'autre ; une activation qui échoue
' n'est pas retentée avant CarbonReconnecter. Les réponses sont gardées par valeurs d'arguments : une cellule
' d'un tableau dont la réponse manque fait demander, en un seul appel, toutes celles qui manquent à sa colonne.

Private Const MODULE_PYTHON As String = "carbon_workbook.excel.bridge"
Private Const TABLE_PROPRES As String = "tbl_facteurs_propres"
Private Const NOM_BASE As String = "cw_base"
Private Const PLUS_DE_REPONSES As Long = 200000
' Premier caractère d'un refus rendu par le moteur ; aucun texte de cellule ne commence ainsi.
Private Const MARQUE As Long = 2

Private mServeur As Object
Private mPanne As Boolean
Private mDetail As String
Private mReponses As Object
Private mSignature As String
Private mPerimees As Boolean

Public Function CarbonReponse(fonction As String, obligatoires As Long, arguments As Variant) As Variant
    If EstVide(arguments, obligatoires) Then
        CarbonReponse = ""
        Exit Function
    End If
    #If Mac Then
        CarbonReponse = SansMoteur(fonction, CW_603)
    #Else
        If SontCellules(arguments) Then
            CarbonReponse = ReponseCellule(fonction, arguments)
        Else
            CarbonReponse = ReponsePlage(fonction, arguments)
        End If
    #End If
End Function

' Appelle une action du ruban. Rend Vrai si elle a réussi ; compteRendu est la phrase à montrer.
Public Function CarbonAction(nom As String, compteRendu As String, Optional argument As String = "") As Boolean
    Dim resultat As Variant, valeurs As Variant
    If argument = "" Then valeurs = Array() Else valeurs = Array(argument)
    #If Mac Then
        compteRendu = CW_603
    #Else
        If Not Appeler(nom, valeurs, resultat, True) Then
            compteRendu = CarbonEtat()
        Else
            compteRendu = CStr(resultat(LBound(resultat) + 1))
            CarbonAction = (CStr(resultat(LBound(resultat))) = "OK")
        End If
    #End If
End Function

Public Sub CarbonOublier()
    Set mReponses = Nothing
    mSignature = ""
End Sub

' Vrai une fois quand les facteurs propres ont changé depuis que des cellules les ont employés.
Public Function CarbonPerimees() As Boolean
    CarbonPerimees = mPerimees
    mPerimees = False
End Function

Public Function CarbonRelancer() As Boolean
    Set mServeur = Nothing
    mPanne = False
    mDetail = ""
    CarbonOublier
    #If Not Mac Then
        CarbonRelancer = Joindre()
    #End If
End Function

Public Function CarbonEtat() As String
    #If Mac Then
        CarbonEtat = CW_603
    #Else
        If mPanne Then
            CarbonEtat = CW_601 & vbLf & mDetail
        ElseIf mDetail <> "" Then
            CarbonEtat = CW_602 & vbLf & mDetail
        ElseIf mServeur Is Nothing Then
            CarbonEtat = "Moteur de calcul : pas encore sollicité."
        Else
            CarbonEtat = "Moteur de calcul : joint."
        End If
    #End If
End Function

Private Function SansMoteur(fonction As String, explication As String) As Variant
    If fonction = "EXPLIQUER" Then SansMoteur = explication Else SansMoteur = CVErr(2042)
End Function

' --- Arguments ---------------------------------------------------------------------------------------------

Private Function EstVide(arguments As Variant, obligatoires As Long) As Boolean
    Dim i As Long, valeur As Variant
    For i = 0 To obligatoires - 1
        If TypeName(arguments(i)) = "Range" Then
            If arguments(i).CountLarge > 1 Then Exit Function
            valeur = arguments(i).Value2
        ElseIf IsArray(arguments(i)) Then
            Exit Function
        Else
            valeur = arguments(i)
        End If
        If IsError(valeur) Then Exit Function
        If Not IsEmpty(valeur) Then
            If VarType(valeur) <> vbString Then Exit Function
            If Trim$(valeur) <> "" Then Exit Function
        End If
    Next i
    EstVide = True
End Function

Private Function SontCellules(arguments As Variant) As Boolean
    Dim i As Long
    For i = LBound(arguments) To UBound(arguments)
        If TypeName(arguments(i)) = "Range" Then
            If arguments(i).CountLarge > 1 Then Exit Function
        ElseIf IsArray(arguments(i)) Then
            Exit Function
        End If
    Next i
    SontCellules = True
End Function

' Value2 garde toutes les décimales d'une cellule monétaire ; Value seule dit qu'une cellule est une date.
Private Function Lue(valeur As Variant, brute As Variant) As Variant
    If VarType(valeur) = vbDate Then Lue = valeur Else Lue = brute
End Function

Private Function ValeurDe(argument As Variant) As Variant
    If TypeName(argument) = "Range" Then
        ValeurDe = Lue(argument.Value, argument.Value2)
    Else
        ValeurDe = argument
    End If
End Function

Private Function ValeursDe(plage As Range) As Variant
    Dim valeurs As Variant, brutes As Variant, unique() As Variant, i As Long, j As Long
    If plage.CountLarge = 1 Then
        ReDim unique(1 To 1, 1 To 1)
        unique(1, 1) = ValeurDe(plage)
        ValeursDe = unique
        Exit Function
    End If
    valeurs = plage.Value
    brutes = plage.Value2
    For i = 1 To UBound(brutes, 1)
        For j = 1 To UBound(brutes, 2)
            If VarType(valeurs(i, j)) = vbDate Then brutes(i, j) = valeurs(i, j)
        Next j
    Next i
    ValeursDe = brutes
End Function

Private Function CleDe(valeur As Variant) As String
    Select Case VarType(valeur)
        Case vbEmpty: CleDe = "v;"
        Case vbString: CleDe = "t" & Len(valeur) & ":" & valeur & ";"
        Case vbBoolean: CleDe = "b" & CLng(valeur) & ";"
        Case vbDate: CleDe = "d" & CStr(CDbl(valeur)) & ";"
        Case vbError: CleDe = "e" & CStr(valeur) & ";"
        Case Else: CleDe = "n" & CStr(valeur) & ";"
    End Select
End Function

' --- Réponses gardées --------------------------------------------------------------------------------------

Private Function ReponseCellule(fonction As String, arguments As Variant) As Variant
    Dim valeurs() As Variant, cle As String, i As Long
    ReDim valeurs(0 To UBound(arguments))
    cle = fonction & "|"
    For i = 0 To UBound(arguments)
        valeurs(i) = ValeurDe(arguments(i))
        cle = cle & CleDe(valeurs(i))
    Next i
    If mReponses Is Nothing Then Set mReponses = CreateObject("Scripting.Dictionary")
    If Not mReponses.Exists(cle) Then Demander fonction, arguments, valeurs, cle
    If mReponses.Exists(cle) Then
        ReponseCellule = mReponses.Item(cle)
    Else
        ReponseCellule = SansMoteur(fonction, CarbonEtat())
    End If
End Function

' Demande la réponse de cette cellule et, si ses arguments sont sur une ligne d'un tableau, toutes celles qui
' manquent dans les mêmes colonnes.
Private Sub Demander(fonction As String, arguments As Variant, valeurs As Variant, cle As String)
    Dim corps As Range, colonnes() As Variant, dansTable() As Boolean, cles() As String, lignes() As Long
    Dim vues As Object, n As Long, i As Long, k As Long, uneCle As String, envoi() As Variant, resultat As Variant
    If mPanne Or DansAssistant() Then Exit Sub
    Set corps = CorpsCommun(arguments, dansTable)
    If corps Is Nothing Then
        If Appeler(fonction, valeurs, resultat, False) Then Garder cle, resultat
        Exit Sub
    End If
    ReDim colonnes(0 To UBound(arguments))
    For k = 0 To UBound(arguments)
        If dansTable(k) Then colonnes(k) = ValeursDe(corps.Columns(arguments(k).Column - corps.Column + 1))
    Next k
    Set vues = CreateObject("Scripting.Dictionary")
    ReDim cles(1 To corps.Rows.Count + 1)
    ReDim lignes(1 To corps.Rows.Count + 1)
    n = 1
    cles(1) = cle
    vues.Add cle, True
    For i = 1 To corps.Rows.Count
        uneCle = fonction & "|"
        For k = 0 To UBound(arguments)
            If dansTable(k) Then uneCle = uneCle & CleDe(colonnes(k)(i, 1)) Else uneCle = uneCle & CleDe(valeurs(k))
        Next k
        If Not vues.Exists(uneCle) Then
            vues.Add uneCle, True
            If Not mReponses.Exists(uneCle) Then
                n = n + 1
                cles(n) = uneCle
                lignes(n) = i
            End If
        End If
    Next i
    envoi = valeurs
    For k = 0 To UBound(arguments)
        If dansTable(k) Then envoi(k) = Extrait(valeurs(k), colonnes(k), lignes, n)
    Next k
    If Appeler(fonction, envoi, resultat, False) Then
        If n = 1 Then
            Garder cle, resultat
        Else
            For i = 1 To n
                Garder cles(i), LigneDe(resultat, i)
            Next i
        End If
    End If
End Sub

Private Function Extrait(premiere As Variant, colonne As Variant, lignes() As Long, n As Long) As Variant
    Dim bloc() As Variant, i As Long
    ReDim bloc(1 To n, 1 To 1)
    bloc(1, 1) = premiere
    For i = 2 To n
        bloc(i, 1) = colonne(lignes(i), 1)
    Next i
    Extrait = bloc
End Function

' Le corps du tableau dont tous les arguments pris dans un tableau occupent la même ligne ; Nothing sinon.
Private Function CorpsCommun(arguments As Variant, dansTable() As Boolean) As Range
    Dim k As Long, cellule As Range, table As ListObject, commun As Range, ligne As Long
    ReDim dansTable(0 To UBound(arguments))
    For k = 0 To UBound(arguments)
        If TypeName(arguments(k)) = "Range" Then
            Set cellule = arguments(k)
            Set table = cellule.ListObject
            If Not table Is Nothing Then
                If table.DataBodyRange Is Nothing Then Exit Function
                If commun Is Nothing Then
                    Set commun = table.DataBodyRange
                    ligne = cellule.Row
                    If ligne < commun.Row Or ligne >= commun.Row + commun.Rows.Count Then Exit Function
                ElseIf cellule.Row <> ligne Or cellule.Worksheet.Name <> commun.Worksheet.Name Then
                    Exit Function
                ElseIf table.DataBodyRange.Address <> commun.Address Then
                    Exit Function
                End If
                dansTable(k) = True
            End If
        End If
    Next k
    Set CorpsCommun = commun
End Function

Private Sub Garder(cle As String, reponse As Variant)
    If mReponses.Count >= PLUS_DE_REPONSES Then mReponses.RemoveAll
    mReponses.Item(cle) = EnErreurs(reponse)
End Sub

' CallUDF rend une valeur seule, un tableau à une dimension (une ligne) ou à deux.
Private Function Dimensions(valeur As Variant) As Long
    Dim borne As Long
    If Not IsArray(valeur) Then Exit Function
    Dimensions = 1
    On Error Resume Next
    borne = UBound(valeur, 2)
    If Err.Number = 0 Then Dimensions = 2
    On Error GoTo 0
End Function

Private Function LigneDe(resultat As Variant, rang As Long) As Variant
    Dim ligne() As Variant, premier As Long, j As Long
    premier = LBound(resultat, 2)
    If UBound(resultat, 2) = premier Then
        LigneDe = resultat(LBound(resultat, 1) + rang - 1, premier)
        Exit Function
    End If
    ReDim ligne(0 To UBound(resultat, 2) - premier)
    For j = premier To UBound(resultat, 2)
        ligne(j - premier) = resultat(LBound(resultat, 1) + rang - 1, j)
    Next j
    LigneDe = ligne
End Function

Private Function EnErreur(valeur As Variant) As Variant
    EnErreur = valeur
    If VarType(valeur) = vbString Then
        If Left$(valeur, 1) = ChrW$(MARQUE) Then EnErreur = CVErr(CLng(Mid$(valeur, 2)))
    End If
End Function

Private Function EnErreurs(reponse As Variant) As Variant
    Dim copie As Variant, i As Long, j As Long
    Select Case Dimensions(reponse)
        Case 0
            EnErreurs = EnErreur(reponse)
        Case 1
            copie = reponse
            For i = LBound(copie) To UBound(copie)
                copie(i) = EnErreur(copie(i))
            Next i
            EnErreurs = copie
        Case Else
            copie = reponse
            For i = LBound(copie, 1) To UBound(copie, 1)
                For j = LBound(copie, 2) To UBound(copie, 2)
                    copie(i, j) = EnErreur(copie(i, j))
                Next j
            Next i
            EnErreurs = copie
    End Select
End Function

Private Function ReponsePlage(fonction As String, arguments As Variant) As Variant
    Dim valeurs() As Variant, i As Long, resultat As Variant
    If DansAssistant() Then
        ReponsePlage = SansMoteur(fonction, CarbonEtat())
        Exit Function
    End If
    ReDim valeurs(0 To UBound(arguments))
    For i = 0 To UBound(arguments)
        If TypeName(arguments(i)) = "Range" Then
            If arguments(i).CountLarge > 1 Then valeurs(i) = ValeursDe(arguments(i).Areas(1)) Else valeurs(i) = ValeurDe(arguments(i))
        Else
            valeurs(i) = arguments(i)
        End If
    Next i
    If Appeler(fonction, valeurs, resultat, False) Then
        ReponsePlage = EnErreurs(resultat)
    Else
        ReponsePlage = SansMoteur(fonction, CarbonEtat())
    End If
End Function

' L'assistant de fonction évalue à chaque frappe : il n'interroge pas le moteur. Il n'a pas d'autre signe que des
' commandes grisées.
Private Function DansAssistant() As Boolean
    On Error Resume Next
    DansAssistant = Not Application.CommandBars("Standard").Controls(1).Enabled
    On Error GoTo 0
End Function

' --- Serveur -----------------------------------------------------------------------------------------------

Private Function Joindre() As Boolean
    If mPanne Then Exit Function
    If mServeur Is Nothing Then
        On Error Resume Next
        Set mServeur = XLPy()
        If Err.Number <> 0 Then
            mDetail = Err.Description
            mPanne = True
            Set mServeur = Nothing
        End If
        On Error GoTo 0
    End If
    Joindre = Not mServeur Is Nothing
End Function

' Un appel qui échoue est refait une fois sur un serveur neuf : l'ancien a pu être arrêté.
Private Function Appeler(fonction As String, valeurs As Variant, resultat As Variant, avecClasseur As Boolean) As Boolean
    Dim envoi() As Variant, essai As Long, i As Long, echec As Boolean
    ReDim envoi(0 To UBound(valeurs) + 1)
    envoi(0) = ThisWorkbook.FullName
    For i = 0 To UBound(valeurs)
        envoi(i + 1) = valeurs(i)
    Next i
    For essai = 1 To 2
        If Not Joindre() Then Exit Function
        DeclarerFacteursPropres
        On Error Resume Next
        If avecClasseur Then
            resultat = mServeur.CallUDF(MODULE_PYTHON, LCase$(fonction), envoi, ThisWorkbook)
        Else
            resultat = mServeur.CallUDF(MODULE_PYTHON, LCase$(fonction), envoi)
        End If
        echec = (Err.Number <> 0)
        If echec Then mDetail = Err.Description
        On Error GoTo 0
        If Not echec Then
            mDetail = ""
            Appeler = True
            Exit Function
        End If
        Set mServeur = Nothing
        mSignature = ""
    Next essai
End Function

' Envoie la table des facteurs propres et la version de la base au moteur quand elles ont changé ; les réponses
' gardées sont alors oubliées.
Private Sub DeclarerFacteursPropres()
    Dim plage As Range, valeurs As Variant, signature As String, i As Long, j As Long, rendu As Variant, echec As Boolean
    Dim base As String
    Set plage = PlagePropres()
    If plage Is Nothing Then Exit Sub
    valeurs = ValeursDe(plage)
    base = BaseEpinglee()
    signature = "s" & CleDe(base)
    For i = 1 To UBound(valeurs, 1)
        For j = 1 To UBound(valeurs, 2)
            signature = signature & CleDe(valeurs(i, j))
        Next j
    Next i
    If signature = mSignature Then Exit Sub
    On Error Resume Next
    rendu = mServeur.CallUDF(MODULE_PYTHON, "facteurs_propres", Array(ThisWorkbook.FullName, valeurs, base))
    echec = (Err.Number <> 0)
    If echec Then mDetail = Err.Description
    On Error GoTo 0
    If echec Then Exit Sub
    If mSignature <> "" Then
        mPerimees = True
        If Not mReponses Is Nothing Then mReponses.RemoveAll
    End If
    mSignature = signature
End Sub

Private Function BaseEpinglee() As String
    Dim nom As Name
    For Each nom In ThisWorkbook.Names
        If nom.Name = NOM_BASE Then BaseEpinglee = CStr(nom.RefersToRange.Value2)
    Next nom
End Function

Private Function PlagePropres() As Range
    Dim feuille As Worksheet, table As ListObject
    For Each feuille In ThisWorkbook.Worksheets
        For Each table In feuille.ListObjects
            If table.Name = TABLE_PROPRES Then
                Set PlagePropres = table.Range
                Exit Function
            End If
        Next table
    Next feuille
End Function
