"""The words that people build passwords of, folded as `domain/sign_in/password_rules.py` folds what is typed: no accents, no capitals.

Written for this project: French and English words that stand at the top of what people choose, first names, keyboard runs. No list of
leaked passwords is shipped; the rules take such words apart instead, in any order, with any digits, marks and look-alikes between them.
"""

from typing import Final

COMMON_WORDS: Final = frozenset(
    """
    motdepasse mdp password passwort passe secret code acces access admin administrateur administrator root user utilisateur login
    connexion welcome bienvenue bonjour bonsoir salut coucou hello merci maison famille maman papa mamie papi maman1 bebe enfant frere
    soeur mon ma mes jetaime je taime t aime amour love loveyou iloveyou i you me my the cheri cherie coeur bisous bisou calin doudou
    loulou loulous minou minette chat chaton chien chienne lapin cheval oiseau poisson dauphin dragon tigre lion panda licorne monkey
    dragonball soleil lune etoile ciel mer plage ete printemps automne hiver noel vacances neige fleur rose jasmin arbre nature
    liberte chocolat nutella banane fraise orange pomme cerise biscuit bonbon fromage cafe cocacola coca pizza princesse princess
    prince football foot foot2rue ballon rugby tennis basket barcelone real madrid marseille paris psg om lyon olympique france
    bretagne alsace toulouse bordeaux nantes lille nice rennes strasbourg corse portugal algerie maroc tunisie espagne italie afrique
    senegal naruto pokemon pikachu batman superman starwars star wars matrix minecraft fortnite zelda mario sonic harry potter frodon
    gandalf azerty azertyuiop qsdfghjklm wxcvbn qwerty qwertyuiop asdfghjkl zxcvbnm qwertz abc abcd abcde abcdef abcdefg abcdefgh
    abcdefghij qazwsx azeqsd aze qsd wxc qwe asd zxc test teste essai demo temp temporaire changer changeme letmein trustno master
    shadow sunshine michael jordan ashley jessica jennifer daniel thomas nicolas julien kevin alexandre camille marie sophie julie
    laura sarah lea emma chloe manon ines jade louise alice lucas hugo louis leo nathan enzo mathis theo gabriel raphael adam mohamed
    karim leila fatima yanis antoine pierre paul jean jacques michel philippe patrick isabelle nathalie sylvie valerie christine
    sandrine stephanie aurelie celine travail bureau service equipe educateur educatrice education prevention jeune jeunes jeunesse
    rue ville quartier mairie association asso departement social sillage ordinateur internet facebook google windows microsoft apple
    iphone samsung telephone lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout
    septembre octobre novembre decembre un deux trois quatre cinq six sept huit neuf dix cent mille le la les de du des et est une ce
    cest ton son notre pour avec dans
    """.split()  # noqa: SIM905  # One word a pair of quotes would fill a screen.
)
