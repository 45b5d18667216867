"""The words that the emulated parser knows."""

from __future__ import annotations


def _read(words: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in words.split(","))


HARD_SKILLS = _read(
    """
    .net, accounting, agile, airflow, android, angular, ansible, autocad, aws, azure, bash,
    bigquery, budgeting, business development, c, c#, c++, celery, cobol, crm, css, data
    analysis, data engineering, data science, databricks, dbt, deep learning, django, docker,
    elasticsearch, etl, excel, fastapi, figma, finance, flask, fortran, gcp, git, go, google
    analytics, graphql, hadoop, haskell, hive, html, hubspot, illustrator, ios, java,
    javascript, jenkins, jira, julia, kafka, keras, kotlin, kubernetes, laravel, linux,
    looker, machine learning, marketing, matlab, mongodb, mysql, natural language processing,
    node.js, numpy, oracle, pandas, payroll, perl, photoshop, php, postgresql, power bi,
    powerpoint, project management, prospecting, pyspark, python, pytorch, r, rabbitmq, react,
    recruiting, redis, redshift, ruby, ruby on rails, rust, sales, salesforce, sap, sas,
    scala, scikit-learn, scrum, seo, shell, snowflake, spark, spring, spss, sql, sql server,
    statistics, swift, symfony, tableau, tensorflow, terraform, typescript, unix, vue.js, word
    """
)
SOFT_SKILLS = _read(
    """
    adaptability, attention to detail, autonomy, communication, creativity, critical thinking,
    customer service, leadership, mentoring, negotiation, organisation, organization,
    presentation skills, problem solving, public speaking, teamwork, time management
    """
)
LANGUAGES = _read(
    """
    arabic, chinese, czech, danish, dutch, english, finnish, french, german, greek, hebrew,
    hindi, hungarian, italian, japanese, korean, mandarin, norwegian, polish, portuguese,
    romanian, russian, spanish, swedish, turkish, ukrainian, vietnamese
    """
)

LETTER_SKILLS = frozenset(("c", "r", "go", "word", "excel", "shell", "spring", "swift", "rust"))
"""Skills that are everyday words or single letters: they count only with a capital."""

SECTIONS = {
    "summary": ("summary", "profile", "about me", "objective", "profil"),
    "experiences": (
        "experience",
        "experiences",
        "work experience",
        "professional experience",
        "employment",
        "employment history",
        "expérience",
        "expérience professionnelle",
        "expériences professionnelles",
    ),
    "educations": ("education", "educations", "studies", "formation", "formations"),
    "skills": ("skills", "technical skills", "competences", "compétences"),
    "languages": ("languages", "langues"),
    "others": ("interests", "hobbies", "references", "projects", "certifications", "contact"),
}
"""Headings by the section that they begin."""

SENIOR_TITLES = ("senior", "lead", "principal", "head", "chief", "director", "manager", "vp")
