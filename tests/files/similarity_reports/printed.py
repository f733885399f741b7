"""What reports print in five languages.

The labels are kept apart from those that the reader knows, so that the tests would show a label
that it lacks. No real report was available: see docs/similarity-reports.md for what they rest on.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "es", "fr", "de", "pt")


@dataclass(frozen=True)
class Classic:
    """Labels of the classic originality report."""

    by: str
    date: str
    submission: str
    file: str
    words: str
    characters: str
    heading: str
    similarity: str
    kinds: tuple[str, str, str]
    """Above the figures: internet, publications, student papers."""
    primary: str
    entries: tuple[str, str, str]
    """Under a source: internet, publication, student paper."""
    filters: tuple[str, str, str]
    """Quotes, bibliography, matches."""
    on: str
    off: str
    few_words: str
    thousands: str
    decimal: str


CLASSIC = {
    "en": Classic(
        "by",
        "Submission date",
        "Submission ID",
        "File name",
        "Word count",
        "Character count",
        "ORIGINALITY REPORT",
        "SIMILARITY INDEX",
        ("INTERNET SOURCES", "PUBLICATIONS", "STUDENT PAPERS"),
        "PRIMARY SOURCES",
        ("Internet Source", "Publication", "Student Paper"),
        ("Exclude quotes", "Exclude bibliography", "Exclude matches"),
        "On",
        "Off",
        "< 10 words",
        "",
        ".",
    ),
    "es": Classic(
        "por",
        "Fecha de entrega",
        "Identificador de la entrega",
        "Nombre del archivo",
        "Total de palabras",
        "Total de caracteres",
        "INFORME DE ORIGINALIDAD",
        "INDICE DE SIMILITUD",
        ("FUENTES DE INTERNET", "PUBLICACIONES", "TRABAJOS DEL ESTUDIANTE"),
        "FUENTES PRIMARIAS",
        ("Fuente de Internet", "Publicación", "Trabajo del estudiante"),
        ("Excluir citas", "Excluir bibliografía", "Excluir coincidencias"),
        "Activo",
        "Apagado",
        "< 10 palabras",
        ".",
        ",",
    ),
    "fr": Classic(
        "par",
        "Date de soumission",
        "Identifiant de la soumission",
        "Nom du fichier",
        "Nombre de mots",
        "Nombre de caractères",
        "RAPPORT D’ORIGINALITÉ",
        "INDICE DE SIMILARITÉ",
        ("SOURCES INTERNET", "PUBLICATIONS", "COPIES D’ÉTUDIANTS"),
        "SOURCES PRINCIPALES",
        ("Source Internet", "Publication", "Copie d’étudiant"),
        ("Exclure les citations", "Exclure la bibliographie", "Exclure les correspondances"),
        "Activé",
        "Désactivé",
        "< 10 mots",
        "\u00a0",
        ",",
    ),
    "de": Classic(
        "von",
        "Abgabedatum",
        "Abgabe-ID",
        "Dateiname",
        "Wortanzahl",
        "Zeichenanzahl",
        "ORIGINALITÄTSBERICHT",
        "ÄHNLICHKEITSINDEX",
        ("INTERNETQUELLEN", "PUBLIKATIONEN", "STUDENTENARBEITEN"),
        "PRIMÄRQUELLEN",
        ("Internetquelle", "Publikation", "Studentenarbeit"),
        ("Zitate ausschließen", "Bibliographie ausschließen", "Übereinstimmungen ausschließen"),
        "Ein",
        "Aus",
        "< 10 Wörter",
        ".",
        ",",
    ),
    "pt": Classic(
        "por",
        "Data de envio",
        "Identificação do envio",
        "Nome do arquivo",
        "Contagem de palavras",
        "Contagem de caracteres",
        "RELATÓRIO DE ORIGINALIDADE",
        "ÍNDICE DE SEMELHANÇA",
        ("FONTES DA INTERNET", "PUBLICAÇÕES", "DOCUMENTOS DOS ALUNOS"),
        "FONTES PRIMÁRIAS",
        ("Fonte da Internet", "Publicação", "Documento do aluno"),
        ("Excluir citações", "Excluir bibliografia", "Excluir correspondências"),
        "Ativado",
        "Desativado",
        "< 10 palavras",
        ".",
        ",",
    ),
}


@dataclass(frozen=True)
class Enhanced:
    """Labels of the new similarity report."""

    page: str
    """With `{n}`, `{total}`."""
    sections: tuple[str, str, str]
    """Cover page, integrity overview, integrity submission."""
    details: str
    submission: str
    date: str
    download: str
    file: str
    size: str
    pages: str
    words: str
    characters: str
    overall: str
    total: str
    filtered: str
    filters: tuple[str, str, str, str]
    """Bibliography, quoted text, cited text, small matches."""
    groups_heading: str
    groups: tuple[str, str, str, str]
    notes: tuple[str, str, str, str]
    top: str
    kinds: tuple[str, str, str]
    entries: tuple[str, str, str]
    """Kind beside a source's number: internet, publication, submitted works."""
    flags_heading: str
    flags: str
    """With `{n}`."""
    no_flags: str
    replaced: tuple[str, str]
    hidden: tuple[str, str]
    top_note: str


ENHANCED = {
    "en": Enhanced(
        "Page {n} of {total}",
        ("Cover Page", "Integrity Overview", "Integrity Submission"),
        "Document Details",
        "Submission ID",
        "Submission Date",
        "Download Date",
        "File Name",
        "File Size",
        "Pages",
        "Words",
        "Characters",
        "Overall Similarity",
        "What all matches come to together, overlapping sources included.",
        "Filtered from the Report",
        ("Bibliography", "Quoted Text", "Cited Text", "Small Matches (less than 10 words)"),
        "Match Groups",
        ("Not Cited or Quoted", "Missing Quotations", "Missing Citation", "Cited and Quoted"),
        ("Neither cited nor quoted", "Very near to the source", "Quoted without citation", "Cited"),
        "Top Sources",
        ("Internet sources", "Publications", "Submitted works (Student Papers)"),
        ("Internet", "Publication", "Submitted works"),
        "Integrity Flags",
        "{n} Integrity Flags for Review",
        "Nothing suspicious was found.",
        ("Replaced Characters", "62 suspect characters on 3 pages"),
        ("Hidden Text", "70 suspect characters on 1 page"),
        "Sources with the most matches; those that overlap are not shown.",
    ),
    "es": Enhanced(
        "Página {n} de {total}",
        ("Portada", "Descripción general de integridad", "Entrega de integridad"),
        "Detalles del documento",
        "Identificador de la entrega",
        "Fecha de entrega",
        "Fecha de descarga",
        "Nombre del archivo",
        "Tamaño del archivo",
        "páginas",
        "palabras",
        "caracteres",
        "Similitud general",
        "Lo que suman todas las coincidencias, también las fuentes superpuestas.",
        "Filtrado desde el informe",
        (
            "Bibliografía",
            "Texto entrecomillado",
            "Texto citado",
            "Coincidencias menores (menos de 10 palabras)",
        ),
        "Grupos de coincidencias",
        (
            "Sin citar o entrecomillar",
            "Faltan comillas",
            "Falta la cita",
            "Citado y entrecomillado",
        ),
        ("Ni citas ni comillas", "Muy parecido a la fuente", "Con comillas, sin cita", "Con cita"),
        "Fuentes principales",
        ("Fuentes de Internet", "Publicaciones", "Trabajos entregados (trabajos del estudiante)"),
        ("Internet", "Publicación", "Trabajos entregados"),
        "Marcas de integridad",
        "{n} marcas de integridad para revisión",
        "No se ha encontrado nada sospechoso.",
        ("Caracteres reemplazados", "62 caracteres sospechosos en 3 páginas"),
        ("Texto oculto", "70 caracteres sospechosos en 1 página"),
        "Fuentes con más coincidencias; las superpuestas no se muestran.",
    ),
    "fr": Enhanced(
        "Page {n} sur {total}",
        ("Page de garde", "Aperçu de l’intégrité", "Copie analysée"),
        "Détails du document",
        "ID de l’envoi",
        "Date d’envoi",
        "Date de téléchargement",
        "Nom du fichier",
        "Taille du fichier",
        "pages",
        "mots",
        "caractères",
        "Similarité globale",
        "Ce que donnent ensemble toutes les correspondances, sources communes comprises.",
        "Filtré du rapport",
        (
            "Bibliographie",
            "Texte entre guillemets",
            "Texte cité",
            "Petites correspondances (moins de 10 mots)",
        ),
        "Groupes de correspondances",
        (
            "Ni cité ni entre guillemets",
            "Guillemets manquants",
            "Citation manquante",
            "Cité et entre guillemets",
        ),
        (
            "Sans citation ni guillemets",
            "Très proche de la source",
            "Guillemets sans citation",
            "Avec citation",
        ),
        "Principales sources",
        ("Sources Internet", "Publications", "Travaux envoyés (copies d’étudiants)"),
        ("Internet", "Publication", "Travaux envoyés"),
        "Indicateurs d’intégrité",
        "{n} indicateurs d’intégrité à examiner",
        "Rien de suspect n’a été trouvé.",
        ("Caractères remplacés", "62 caractères suspects sur 3 pages"),
        ("Texte masqué", "70 caractères suspects sur 1 page"),
        "Sources avec le plus de correspondances ; celles qui se recoupent ne sont pas montrées.",
    ),
    "de": Enhanced(
        "Seite {n} von {total}",
        ("Deckblatt", "Integritätsübersicht", "Eingereichte Arbeit"),
        "Dokumentdetails",
        "Einreichungs-ID",
        "Einreichungsdatum",
        "Downloaddatum",
        "Dateiname",
        "Dateigröße",
        "Seiten",
        "Wörter",
        "Zeichen",
        "Gesamtähnlichkeit",
        "Was alle Übereinstimmungen zusammen ergeben, auch überlappende Quellen.",
        "Aus dem Bericht gefiltert",
        (
            "Bibliografie",
            "Text in Anführungszeichen",
            "Zitierter Text",
            "Kleine Übereinstimmungen (weniger als 10 Wörter)",
        ),
        "Übereinstimmungsgruppen",
        (
            "Nicht zitiert oder in Anführungszeichen",
            "Fehlende Anführungszeichen",
            "Fehlende Quellenangabe",
            "Zitiert und in Anführungszeichen",
        ),
        (
            "Weder zitiert noch in Anführungszeichen",
            "Sehr nah an der Quelle",
            "Anführungszeichen ohne Quelle",
            "Mit Quelle",
        ),
        "Wichtigste Quellen",
        ("Internetquellen", "Veröffentlichungen", "Eingereichte Arbeiten (Studentenarbeiten)"),
        ("Internet", "Veröffentlichung", "Eingereichte Arbeiten"),
        "Integritätskennzeichen",
        "{n} Integritätskennzeichen zur Überprüfung",
        "Es wurde nichts Auffälliges gefunden.",
        ("Ersetzte Zeichen", "62 verdächtige Zeichen auf 3 Seiten"),
        ("Verborgener Text", "70 verdächtige Zeichen auf 1 Seite"),
        "Quellen mit den meisten Übereinstimmungen; überlappende werden nicht gezeigt.",
    ),
    "pt": Enhanced(
        "Página {n} de {total}",
        ("Capa", "Visão geral da integridade", "Envio analisado"),
        "Detalhes do documento",
        "ID do envio",
        "Data do envio",
        "Data do download",
        "Nome do arquivo",
        "Tamanho do arquivo",
        "páginas",
        "palavras",
        "caracteres",
        "Similaridade geral",
        "O que todas as correspondências somam, incluindo fontes sobrepostas.",
        "Filtrado do relatório",
        (
            "Bibliografia",
            "Texto entre aspas",
            "Texto citado",
            "Correspondências pequenas (menos de 10 palavras)",
        ),
        "Grupos de correspondências",
        ("Não citado ou entre aspas", "Aspas ausentes", "Citação ausente", "Citado e entre aspas"),
        ("Sem citação nem aspas", "Muito próximo da fonte", "Aspas sem citação", "Com citação"),
        "Principais fontes",
        ("Fontes da Internet", "Publicações", "Trabalhos enviados (documentos dos alunos)"),
        ("Internet", "Publicação", "Trabalhos enviados"),
        "Sinalizações de integridade",
        "{n} sinalizações de integridade para revisão",
        "Nada suspeito foi encontrado.",
        ("Caracteres substituídos", "62 caracteres suspeitos em 3 páginas"),
        ("Texto oculto", "70 caracteres suspeitos em 1 página"),
        "Fontes com mais correspondências; as sobrepostas não são mostradas.",
    ),
}
