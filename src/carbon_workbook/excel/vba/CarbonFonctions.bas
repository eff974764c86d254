Attribute VB_Name = "CarbonFonctions"
Option Explicit

' Les fonctions de feuille. Elles ne calculent rien : CarbonServeur interroge le moteur et rend, pour un refus,
' une vraie erreur Excel, jamais un texte que SOMME ignorerait. Aucune n'est volatile.

Public Function EMISSIONS(ref_facteur As Variant, quantite As Variant, Optional unite As Variant = "", Optional annee As Variant = "", Optional resultat As Variant = "") As Variant
    EMISSIONS = CarbonReponse("EMISSIONS", 2, Array(ref_facteur, quantite, unite, annee, resultat))
End Function

Public Function FACTEUR(ref_facteur As Variant, Optional champ As Variant = "", Optional annee As Variant = "") As Variant
    FACTEUR = CarbonReponse("FACTEUR", 1, Array(ref_facteur, champ, annee))
End Function

Public Function CHERCHER_FACTEUR(texte As Variant, Optional unite As Variant = "", Optional rang As Variant = "") As Variant
    CHERCHER_FACTEUR = CarbonReponse("CHERCHER_FACTEUR", 1, Array(texte, unite, rang))
End Function

Public Function EMISSIONS_DETAIL(ref_facteur As Variant, quantite As Variant, Optional unite As Variant = "", Optional annee As Variant = "") As Variant
    EMISSIONS_DETAIL = CarbonReponse("EMISSIONS_DETAIL", 2, Array(ref_facteur, quantite, unite, annee))
End Function

Public Function EXPLIQUER(ref_facteur As Variant, quantite As Variant, Optional unite As Variant = "", Optional annee As Variant = "") As Variant
    EXPLIQUER = CarbonReponse("EXPLIQUER", 2, Array(ref_facteur, quantite, unite, annee))
End Function
