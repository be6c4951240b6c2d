"""What the API itself says in an answer, in the languages it knows (pure).

The words of an answer come from the docs or from the model; these sentences stand around them. They are
said in the language of the docs being read; English where it is none of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language. `{…}` are filled in.

    failures  what is wrong with the model, by kind of failure; "" for every other kind
    """

    refusal: str
    not_mentioned: str
    nearest: str
    quoted_instead: str
    unsupported: str
    not_stored: str
    missing: str
    elsewhere: str
    version: str
    current_version: str
    language: str
    conjunction: str
    failures: Mapping[str, str] = field(default_factory=dict)

    def listed(self, names: Sequence[str]) -> str:
        """`a`, `a and b`, `a, b and c`."""
        return self.conjunction.join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])

    def failure(self, kind: str, message: str) -> str:
        """Why the model did not answer. English has `message`, which says more than the kind."""
        return self.failures.get(kind) or self.failures.get("", message)


_ENGLISH = Phrases(
    refusal="The documentation does not answer this question.",
    not_mentioned="The documentation does not mention {names}.",
    nearest="The closest sections are:",
    quoted_instead="This answer quotes the documentation instead.",
    unsupported="The model's answer did not hold against the documentation.",
    not_stored="This answer could not be stored. It will be gone when the page is loaded again.",
    missing="The documentation does not have {missing}; this answer is from {used}.",
    elsewhere="The documentation in language {missing} does not answer this; this answer is from language {used}.",
    version="version {name}",
    current_version="the current version",
    language="language {name}",
    conjunction=" and ",
)

_PHRASES = {
    "en": _ENGLISH,
    "de": Phrases(
        refusal="Die Dokumentation beantwortet diese Frage nicht.",
        not_mentioned="Die Dokumentation erwähnt {names} nicht.",
        nearest="Am nächsten kommen diese Abschnitte:",
        quoted_instead="Diese Antwort zitiert stattdessen die Dokumentation.",
        unsupported="Die Antwort des Sprachmodells ließ sich mit der Dokumentation nicht belegen.",
        not_stored="Diese Antwort konnte nicht gespeichert werden. Beim nächsten Laden der Seite ist sie fort.",
        missing="In der Dokumentation fehlt {missing}; diese Antwort stammt aus {used}.",
        elsewhere="Die Dokumentation in der Sprache {missing} beantwortet das nicht; diese Antwort stammt aus der Sprache {used}.",
        version="Version {name}",
        current_version="der aktuellen Version",
        language="Sprache {name}",
        conjunction=" und ",
        failures={
            "": "Das Sprachmodell kann gerade nicht verwendet werden.",
            "slow": "Das Sprachmodell hat nicht rechtzeitig geantwortet.",
            "cut": "Die Antwort des Sprachmodells brach ab.",
            "context": "Die Frage und ihre Belege sind zu lang für das Sprachmodell.",
            "filter": "Der Inhaltsfilter des Sprachmodells hat die Antwort angehalten.",
            "budget": "Das Sprachmodell ist für heute ausgeschöpft.",
        },
    ),
    "fr": Phrases(
        refusal="La documentation ne répond pas à cette question.",
        not_mentioned="La documentation ne mentionne pas {names}.",
        nearest="Les sections les plus proches sont :",
        quoted_instead="Cette réponse cite la documentation à la place.",
        unsupported="La documentation ne confirme pas la réponse du modèle.",
        not_stored="Cette réponse n’a pas pu être enregistrée. Elle disparaîtra quand la page sera rechargée.",
        missing="La documentation n’existe pas en {missing} ; cette réponse vient de {used}.",
        elsewhere="La documentation dans la langue {missing} ne répond pas à cette question ; cette réponse vient de la langue {used}.",
        version="version {name}",
        current_version="la version actuelle",
        language="langue {name}",
        conjunction=" et ",
        failures={
            "": "Le modèle de langage ne peut pas être utilisé pour le moment.",
            "slow": "Le modèle de langage n’a pas répondu à temps.",
            "cut": "La réponse du modèle de langage s’est interrompue.",
            "context": "La question et ses sources sont trop longues pour le modèle de langage.",
            "filter": "Le filtre de contenu du modèle de langage a arrêté la réponse.",
            "budget": "Le budget du modèle de langage est épuisé pour aujourd’hui.",
        },
    ),
    "es": Phrases(
        refusal="La documentación no responde a esta pregunta.",
        not_mentioned="La documentación no menciona {names}.",
        nearest="Las secciones más cercanas son:",
        quoted_instead="En su lugar, esta respuesta cita la documentación.",
        unsupported="La documentación no respalda la respuesta del modelo.",
        not_stored="No se pudo guardar esta respuesta. Desaparecerá cuando se vuelva a cargar la página.",
        missing="La documentación no existe en {missing}; esta respuesta procede de {used}.",
        elsewhere="La documentación en el idioma {missing} no responde a esto; esta respuesta procede del idioma {used}.",
        version="versión {name}",
        current_version="la versión actual",
        language="idioma {name}",
        conjunction=" y ",
        failures={
            "": "El modelo de lenguaje no se puede usar en este momento.",
            "slow": "El modelo de lenguaje no respondió a tiempo.",
            "cut": "La respuesta del modelo de lenguaje se interrumpió.",
            "context": "La pregunta y sus fuentes son demasiado largas para el modelo de lenguaje.",
            "filter": "El filtro de contenido del modelo de lenguaje detuvo la respuesta.",
            "budget": "El presupuesto del modelo de lenguaje está agotado por hoy.",
        },
    ),
    "ja": Phrases(
        refusal="ドキュメントにこの質問への答えはありません。",
        not_mentioned="ドキュメントに {names} についての記述はありません。",
        nearest="最も近いセクション:",
        quoted_instead="代わりにドキュメントを引用して答えています。",
        unsupported="モデルの回答はドキュメントで裏付けられませんでした。",
        not_stored="この回答は保存できませんでした。ページを再読み込みすると消えます。",
        missing="ドキュメントに{missing}はありません。この回答は{used}によるものです。",
        elsewhere="言語 {missing} のドキュメントに答えはありません。この回答は言語 {used} によるものです。",
        version="バージョン {name}",
        current_version="現在のバージョン",
        language="言語 {name}",
        conjunction="、",
        failures={
            "": "現在、言語モデルを利用できません。",
            "slow": "言語モデルが時間内に応答しませんでした。",
            "cut": "言語モデルの回答が途中で切れました。",
            "context": "質問と出典が言語モデルには長すぎます。",
            "filter": "言語モデルのコンテンツフィルターが回答を止めました。",
            "budget": "今日の言語モデルの割り当てを使い切りました。",
        },
    ),
}


def phrases_in(locale: str | None) -> Phrases:
    """The sentences for a locale such as `de` or `fr-CA`."""
    return _PHRASES.get((locale or "").partition("-")[0].lower(), _ENGLISH)
