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


class Staff:
    """Somebody who works for the town. group: the one of the directory's groups that has them as a member."""

    def __init__(self, login, name, password, group, service=None, role=None):
        self.login, self.name, self.password, self.group = login, name, password, group
        self.service, self.role = service, role


AGENTS = [
    Staff("n.cherif", "Nadia Cherif", "colline-tambour-42", "etat-civil-instructeurs", "etat-civil", "instructeur"),
    Staff("g.perrot", "Gilles Perrot", "fougere-valise-19", "etat-civil", "etat-civil", "lecture"),
    Staff("s.lemaitre", "Sophie Lemaître", "orgue-mirabelle-73", "elections-responsables", "elections", "responsable"),
    Staff("k.haddad", "Karim Haddad", "sentier-brioche-36", "elections-instructeurs", "elections", "instructeur"),
    Staff("c.fontaine", "Claire Fontaine", "moulin-agrafe-85", "petite-enfance-responsables", "petite-enfance", "responsable"),
    Staff("m.delmas", "Marc Delmas", "tilleul-cadran-51", "petite-enfance", "petite-enfance", "lecture"),
]
ADMINISTRATORS = [
    Staff("h.vasseur", "Hélène Vasseur", "grenier-pivoine-67", "administrateurs"),
    Staff("t.riou", "Thomas Riou", "ancre-noisette-24", "exploitation"),
]

# Groups in groups: whoever works on filings of a service is in the service, the service in its pole, the pole in the town hall.
GROUPS = {
    "mairie": ["pole-population", "pole-famille", "informatique"],
    "pole-population": ["etat-civil", "elections"],
    "pole-famille": ["petite-enfance"],
    "informatique": ["administrateurs", "exploitation"],
    "etat-civil": ["etat-civil-instructeurs"],
    "elections": ["elections-responsables", "elections-instructeurs"],
    "petite-enfance": ["petite-enfance-responsables"],
    "etat-civil-instructeurs": [], "elections-responsables": [], "elections-instructeurs": [],
    "petite-enfance-responsables": [], "administrateurs": [], "exploitation": [],
}
RIGHTS = [
    "etat-civil = etat-civil:lecture",
    "etat-civil-instructeurs = etat-civil:instructeur",
    "elections = elections:lecture",
    "elections-instructeurs = elections:instructeur",
    "elections-responsables = elections:responsable",
    "petite-enfance = petite-enfance:lecture",
    "petite-enfance-responsables = petite-enfance:responsable",
    *(f"administrateurs = admin:{right}" for right in ("partenaires", "comptes", "cles", "audit", "exploitation")),
    *(f"exploitation = admin:{right}" for right in ("audit", "exploitation")),
]

DIRECTORY = "dc=serigny,dc=example"
DIRECTORY_READER = f"cn=guichet,{DIRECTORY}"
DIRECTORY_PORT, ADMIN_PORT = 41, 42


def staff_dn(login):
    return f"uid={login},ou=agents,{DIRECTORY}"


def group_dn(name):
    return f"cn={name},ou=groupes,{DIRECTORY}"


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
