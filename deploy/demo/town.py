"""The invented town of the demo: its people, its hosts, its services."""

TOWN = {
    "town_name": "Ville de Sérigny",
    "town_place": "Hôtel de ville, 2 place de l’Hôtel-de-Ville",
    "town_phone": "02 40 00 00 00",
    "town_hours": "du lundi au samedi matin",
    "town_colour": "#0b5c61",
    "town_colour_dark": "#07464a",
}

# The passwords are long words that nobody uses twice: they are printed on the demo's page.
CITIZENS = [
    {"email": "jeanne.moreau@exemple.fr", "password": "marronnier-boussole-14", "given_name": "Jeanne Marie", "family_name": "Moreau", "birth_date": "1954-03-12"},
    {"email": "amadou.diallo@exemple.fr", "password": "passerelle-cerise-27", "given_name": "Amadou", "family_name": "Diallo", "birth_date": "1989-11-02"},
    {"email": "lucie.le-goff@exemple.fr", "password": "tramway-lanterne-31", "given_name": "Lucie", "family_name": "Le Goff", "birth_date": "1996-06-24"},
    {"email": "henri.da-silva@exemple.fr", "password": "potager-horloge-58", "given_name": "Henri", "family_name": "Da Silva", "birth_date": "1948-01-30"},
    {"email": "ines.benali@exemple.fr", "password": "voilier-muguet-63", "given_name": "Inès", "family_name": "Benali", "birth_date": "2003-09-17"},
]

DOMAIN = "ville.localhost"


class Daemon:
    """One daemon of the demo: where it listens, and which users its roles have."""

    def __init__(self, name, host, port_offset, users_offset, title):
        self.name, self.host, self.title = name, f"{host}.{DOMAIN}", title
        self.port_offset, self.users_offset = port_offset, users_offset
        self.program = f"guichet-{name}"

    def url(self, port_base, tls):
        return f"{'https' if tls else 'http'}://{self.host}:{port_base + self.port_offset}"


class Service(Daemon):
    """One that citizens file at. protocol: how it trusts the identity provider, "oidc" or "saml". purpose: what
    it wants the citizen's name for, as the notice says it, in French and in English."""

    def __init__(self, *daemon, protocol, purpose):
        super().__init__(*daemon)
        self.protocol, self.purpose = protocol, purpose


IDP = Daemon("idp", "compte", 43, 0, "Compte citoyen")
ELECTIONS = Service("elections", "elections", 45, 10, "Élections", protocol="oidc",
                    purpose=("Pour remplir votre demande d’inscription.", "To fill in your application."))
ETAT_CIVIL = Service("etat-civil", "etat-civil", 47, 30, "État civil", protocol="saml",
                     purpose=("Pour remplir votre demande d’acte.", "To fill in your request for a certificate."))
PETITE_ENFANCE = Service("petite-enfance", "petite-enfance", 49, 40, "Petite enfance", protocol="saml",
                         purpose=("Pour remplir votre demande de préinscription.", "To fill in your pre-registration."))
TOWN_PAGE = Daemon("demo", "www", 80, 20, "La ville de démonstration")
SERVICES = [ETAT_CIVIL, ELECTIONS, PETITE_ENFANCE]
DAEMONS = [IDP, *SERVICES, TOWN_PAGE]
