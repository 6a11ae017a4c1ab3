"""All settings, read once at the edge: flags over `RAG_*` variables over `rag.toml` over defaults.

It does not know who uses them. Paths are resolved here so that no stage asks the environment for anything.
"""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rag.errors import UsageError
from rag.shipped import data_folder


def _default_docs() -> Path:
    here = Path("seeds")
    return here if here.is_dir() else data_folder("seeds")


class Settings(BaseSettings):
    """Every setting with its default; each is a flag, a `RAG_*` variable, and a key of `rag.toml`."""

    model_config = SettingsConfigDict(env_prefix="RAG_", toml_file="rag.toml", frozen=True, extra="ignore")

    docs: Path = Field(default_factory=_default_docs, description="folder of documents to answer about")
    model: str = Field(default="qwen2.5-coder-1.5b", description="answer model: a catalogue name, a GGUF file, or auto")
    chat_template: str | None = Field(
        default=None, description="chat template in place of the model's own: a file, or a name that ships"
    )
    embedder: Literal["english", "multilingual"] = Field(
        default="english", description="embedder; multilingual knows a hundred languages and needs an extra"
    )
    models_dir: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("rag") / "models", description="where weights are kept"
    )
    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("rag"), description="where indexes are kept"
    )
    offline: bool = Field(default=False, description="never try to fetch anything")
    pdf_password: SecretStr | None = Field(default=None, description="password that opens the folder's PDFs")
    margins: bool = Field(default=False, description="read comments, headers and footers of Word documents, too")
    passages: int = Field(default=10, ge=1, le=32, description="passages whose sentences the answer model may read")
    chunk_tokens: int = Field(default=200, ge=16, le=2000, description="most tokens in a chunk")
    context_tokens: int = Field(default=4096, ge=512, description="context window of the answer model")
    answer_tokens: int = Field(default=256, ge=1, description="most tokens in an answer")
    threshold: float = Field(default=0.7, ge=0, le=1, description="confidence below which it stays silent")
    threads: int = Field(default=0, ge=0, description="CPU threads; 0 means every physical core")
    exact: bool = Field(default=False, description="evaluate the whole prompt instead of taking kept attention")
    kv: Literal["f16", "q8_0"] = Field(default="f16", description="type of kept attention; q8_0 takes half the space")
    attention_gb: float = Field(default=4.0, ge=0, description="disk space for kept attention; 0 keeps none")
    workers: int = Field(default=0, ge=0, description="processes that read and embed what is new; 0 does it here")
    cluster: str | None = Field(default=None, description="Dask scheduler whose workers read and embed what is new")
    chroma_url: str | None = Field(
        default=None, pattern="^https?://.", description="Chroma server that keeps the vectors: its address"
    )
    chroma_token: SecretStr | None = Field(default=None, description="token for the Chroma server")
    chroma_tenant: str = Field(default="default_tenant", description="tenant on the Chroma server")
    chroma_database: str = Field(default="default_database", description="database on the Chroma server")
    waiting: int = Field(default=20, ge=0, description="questions that may wait in line in `rag serve`")
    llm_url: str | None = Field(
        default=None, pattern="^https?://.", description="model server that answers: its address, OpenAI's protocol"
    )
    llm_key: SecretStr | None = Field(default=None, description="key of the model server")
    llm_model: str | None = Field(default=None, description="model on that server; without it the first it names")
    llm_at_once: int = Field(default=1, ge=1, description="answers that `rag serve` asks a model server for at once")
    llm_timeout: float = Field(default=120, gt=0, description="seconds that a model server may keep silent")
    idle_minutes: float = Field(
        default=30, gt=0, description="minutes without a question after which `rag serve --background` ends"
    )
    warm_after: bool = Field(
        default=True, description="behind an answer of `rag ask`, read a small folder's passages ahead for some seconds"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags, environment, `rag.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


SECRETS = frozenset(name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation))
"""Settings that are no flags, since other users of a computer can see those of every process."""


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which another process of ours reads the same settings, secrets included.

    A process's environment is its owner's alone to read. Paths are whole: where the other starts does not matter.
    """
    found: dict[str, str] = {}
    for name, value in settings:
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif (
            isinstance(value, Path)
            or (name == "model" and str(value).endswith(".gguf"))
            or (name == "chat_template" and value is not None and Path(value).expanduser().is_file())
        ):
            value = Path(value).expanduser().resolve()
        if value is not None:
            found[f"RAG_{name.upper()}"] = str(value)
    return found


def environment_with(settings: Settings) -> dict[str, str]:
    """Return this process's environment, with just these settings in it, for another process of ours."""
    names = {f"RAG_{name}".upper() for name in Settings.model_fields}
    others = {name: value for name, value in os.environ.items() if name.upper() not in names}
    return {**others, **as_environment(settings)}


def read_settings(**flags: object) -> Settings:
    """Read the settings; flags that are None count as not given.

    Raises UsageError naming the setting that is off, or that there is none of that name.
    """
    for name in flags.keys() - Settings.model_fields.keys():
        close = get_close_matches(name, Settings.model_fields, n=1)
        raise UsageError(f"There is no setting '{name}'" + (f": do you mean '{close[0]}'?" if close else "."))
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"The setting '{name}' is off: {first['msg']} (given: {first['input']!r}).") from error
    except ValueError as error:  # a rag.toml that is no TOML
        raise UsageError(f"The file rag.toml cannot be read: {error}. Mend or remove it.") from error
