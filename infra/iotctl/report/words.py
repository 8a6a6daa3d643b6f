"""The report's sentences in English and French."""

from __future__ import annotations

from datetime import datetime

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Sensor report", "Rapport des capteurs"),
    "period": ("{start} to {end} (UTC)", "Du {start} au {end} (UTC)"),
    "summary": ("Summary", "En bref"),
    "lead": (
        "{sensors} sensors sent {readings} readings. {anomalies} of them ({rate}) were anomalous.",
        "{sensors} capteurs ont envoyé {readings} mesures, dont {anomalies} ({rate}) anormales.",
    ),
    "verdict": (
        "Sensors that need attention: {problems}. Batteries to replace within 30 days: {batteries}.",
        "Capteurs à examiner : {problems}. Batteries à remplacer d'ici 30 jours : {batteries}.",
    ),
    "empty": ("No readings in this period.", "Aucune mesure sur cette période."),
    "actions": ("What to do first", "À faire en premier"),
    "nothing": ("Nothing needs to be done.", "Aucune action n'est nécessaire."),
    "do_battery": (
        "Replace the battery of {sensor} ({location}): {level} left, empty around {date}.",
        "Remplacer la batterie de {sensor} ({location}) : il reste {level}, vide vers le {date}.",
    ),
    "do_battery_now": (
        "Replace the battery of {sensor} ({location}) now: {level} left.",
        "Remplacer dès maintenant la batterie de {sensor} ({location}) : il reste {level}.",
    ),
    "do_anomaly_part": (
        "Check {sensor} ({location}): {rate} of its readings were anomalous.",
        "Contrôler {sensor} ({location}) : {rate} de ses mesures sont anormales.",
    ),
    "do_silence_part": (
        "Check the connection of {sensor} ({location}): it was silent for {silent} of the time.",
        "Vérifier la connexion de {sensor} ({location}) : silencieux {silent} du temps.",
    ),
    "do_stuck_part": (
        "Check {sensor} ({location}): {stuck} of its readings repeat the same value.",
        "Contrôler {sensor} ({location}) : {stuck} de ses mesures répètent la même valeur.",
    ),
    "problems": ("Sensors that need attention", "Capteurs à examiner"),
    "problems_note": (
        "The score (0 to 100) adds anomalies (up to 40), silence (30) and stuck values (30). "
        "From 10 on a sensor is listed.",
        "Le score (0 à 100) additionne anomalies (jusqu'à 40), silences (30) et valeurs figées (30). "
        "Un capteur est listé à partir de 10.",
    ),
    "batteries": ("Batteries", "Batteries"),
    "batteries_note": (
        "The date is where a straight line through the level since the last replacement reaches 0 %; the range is its "
        "95 % interval. Batteries without a date do not discharge "
        "measurably. Listed are low ones and those with a date.",
        "La date est celle où une droite ajustée au niveau depuis le dernier remplacement atteint 0 % ; "
        "l'intervalle est à 95 %. Sans date, la décharge n'est pas mesurable. Sont listées "
        "les batteries faibles et celles qui ont une date.",
    ),
    "no_battery": (
        "No battery is low or discharging measurably.",
        "Aucune batterie n'est faible ni en décharge mesurable.",
    ),
    "happened": ("What happened", "Ce qui s'est passé"),
    "by_day": ("Readings per day", "Mesures par jour"),
    "by_hour": ("Anomalies by hour of day (UTC), % of readings", "Anomalies par heure (UTC), % des mesures"),
    "episodes": ("Longest anomalies", "Anomalies les plus longues"),
    "no_episodes": ("No reading was anomalous.", "Aucune mesure n'était anormale."),
    "values": ("Values by type", "Valeurs par type"),
    "places": ("By location", "Par lieu"),
    "related": ("Types that move together", "Types qui évoluent ensemble"),
    "related_note": (
        "Strongest correlation of ten-minute means in one location; a positive lag means that the second type follows.",
        "Plus forte corrélation des moyennes sur dix minutes dans un lieu ; un décalage positif : le second type suit.",
    ),
    "storage": ("Storage", "Stockage"),
    "storage_text": (
        "A typical day adds {day} of files; {free} are free. At this rate the disk is full in {days} days, "
        "replication not counted.",
        "Une journée type ajoute {day} de fichiers ; {free} sont libres. À ce rythme, le disque est plein "
        "dans {days} jours, réplication non comprise.",
    ),
    "footer": (
        "Made from snapshot {snapshot} of iot.readings. Times are UTC.",
        "Établi à partir de l'instantané {snapshot} de iot.readings. Heures en UTC.",
    ),
    "sensor": ("Sensor", "Capteur"),
    "location": ("Location", "Lieu"),
    "type": ("Type", "Type"),
    "unit": ("Unit", "Unité"),
    "score": ("Score", "Score"),
    "anomalous": ("Anomalous", "Anormales"),
    "silent": ("Silent", "Silence"),
    "stuck": ("Stuck", "Figées"),
    "level": ("Level", "Niveau"),
    "state": ("State", "État"),
    "per_day": ("Per day", "Par jour"),
    "empty_at": ("Empty on", "Vide le"),
    "between": ("Between", "Entre"),
    "readings": ("Readings", "Mesures"),
    "mean": ("Mean", "Moyenne"),
    "median": ("Median", "Médiane"),
    "least": ("Lowest", "Min."),
    "most": ("Highest", "Max."),
    "middle": ("Middle half", "Moitié centrale"),
    "began": ("Began", "Début"),
    "lasted": ("Lasted", "Durée"),
    "reason": ("Reason", "Cause"),
    "lag": ("Lag", "Décalage"),
    "correlation": ("Correlation", "Corrélation"),
    "pair": ("Types", "Types"),
    "ok": ("ok", "bon"),
    "low": ("low", "faible"),
    "critical": ("critical", "critique"),
}


class Words:
    """Texts, numbers and dates of one language."""

    def __init__(self, language: str) -> None:
        """`language` is en or fr."""
        self.language = language
        self._french = language == "fr"

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, its places filled."""
        return _WORDS[key][1 if self._french else 0].format(**values)

    def number(self, value: float | None, digits: int = 0) -> str:
        """1,234.5 or 1 234,5; a dash for none."""
        if value is None:
            return "–"
        text = f"{value:,.{digits}f}"
        # A space that does not break the line.
        return text.replace(",", "\u00a0").replace(".", ",") if self._french else text

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share as percent."""
        if share is None:
            return "–"
        sign = "\u00a0%" if self._french else "%"
        return f"{self.number(100 * share, digits)}{sign}"

    @property
    def decimal_mark(self) -> str:
        """What stands before the decimals."""
        return "," if self._french else "."

    def short_date(self, day: str) -> str:
        """Month and day of a date (2026-03-01), in the language's order."""
        return f"{day[8:10]}/{day[5:7]}" if self._french else day[5:]

    def date(self, time: str | None) -> str:
        """The day of a time in RFC 3339."""
        if not time:
            return "–"
        return datetime.fromisoformat(time).strftime("%d/%m/%Y" if self._french else "%Y-%m-%d")

    def minute(self, time: str) -> str:
        """Day and minute of a time in RFC 3339."""
        return datetime.fromisoformat(time).strftime("%d/%m/%Y %H:%M" if self._french else "%Y-%m-%d %H:%M")

    def duration(self, seconds: float) -> str:
        """Seconds, minutes, hours or days, whichever is at least one and a half."""
        for size, name in ((86_400, "j" if self._french else "d"), (3600, "h"), (60, "min")):
            if seconds >= 1.5 * size:
                return f"{self.number(seconds / size, 1)}\u00a0{name}"
        return f"{self.number(seconds)}\u00a0s"

    def size(self, count: float | None) -> str:
        """Bytes in MB or GB."""
        if count is None:
            return "–"
        unit = ("Mo", "Go") if self._french else ("MB", "GB")
        name, divisor = (unit[1], 1e9) if count >= 1e9 else (unit[0], 1e6)
        return f"{self.number(count / divisor, 1)}\u00a0{name}"
