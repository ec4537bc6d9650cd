"""docker-compose.yml names only what exists and lets no container do too much."""

import re

import pytest
from proxying import compose
from running import ROOT

SERVICES = compose()["services"]


def test_the_containers_are_those_of_the_readme():
    profiles = {name: one.get("profiles") for name, one in SERVICES.items()}
    assert profiles == {
        "service": None,
        "nginx": None,
        "train": ["train"],
        "postgres": ["feedback"],
        "prometheus": ["obs"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_kept_small(name):
    container = SERVICES[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["mem_limit"]
    assert container["pids_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(container)


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_declared_and_folders_are_there(name):
    for volume in SERVICES[name]["volumes"]:
        source, target, *_ = volume.split(":")
        assert target.startswith("/")
        if source.startswith("./"):
            # The user's own are made by Docker where they are missing.
            own = source in ("./data", "./keys")
            assert own or (ROOT / source).exists(), volume
        else:
            assert source in compose()["volumes"]


def test_the_service_reads_models_and_training_writes_them():
    (service,) = [v for v in SERVICES["service"]["volumes"] if v.startswith("models:")]
    (train,) = [v for v in SERVICES["train"]["volumes"] if v.startswith("models:")]
    assert service == "models:/models:ro"
    assert train == "models:/models"
    folders = re.search(r"mkdir -p (.*?) \\", (ROOT / "Dockerfile").read_text())[1]
    assert "/models" in folders.split()
    assert "SENTIMENT_MODELS=/models" in (ROOT / "Dockerfile").read_text()


# Settings that are the container's own, and why nobody is asked for them.
FIXED = {
    "SENTIMENT_MODELS": "where the volume is mounted",
    "SENTIMENT_RUN_FOLDER": "a folder in the container's memory",
    "SENTIMENT_BIND": "the image's command has it, and nginx asks there",
}


def test_every_setting_that_is_documented_reaches_the_container():
    """Eighteen of them were described, set, and never seen by the service."""
    page = (ROOT / "docs/operating.md").read_text()
    rows = re.findall(r"^\| `(SENTIMENT_\w+)` \|", page, re.MULTILINE)
    given = SERVICES["service"]["environment"]
    asked = {name for name in rows if given.get(name) == f"${{{name}:-}}"}
    assert asked == set(rows) - set(FIXED)
    assert not any("$" in given.get(name, "") for name in FIXED)
    sentence = re.search(r"belong to the container:(.*?)\.", page, re.DOTALL)[1]
    assert set(re.findall(r"SENTIMENT_\w+", sentence)) == set(FIXED)


def test_the_limits_of_nginx_can_be_set():
    given = SERVICES["nginx"]["environment"]
    of_the_container = {"NGINX_LISTEN", "NGINX_SERVICE", "NGINX_RESOLVE"}
    of_the_image = {"NGINX_ENVSUBST_FILTER", "NGINX_ENTRYPOINT_QUIET_LOGS"}
    limits = set(given) - of_the_container - of_the_image
    assert "NGINX_RATE" in limits
    for name in limits:
        assert given[name].startswith(f"${{{name}:-")


def test_a_file_of_keys_can_be_put_where_the_service_reads_it():
    """In its folder: a file that is mounted alone stays the old one after an edit."""
    assert "./keys:/keys:ro" in SERVICES["service"]["volumes"]
    assert "SENTIMENT_API_KEYS_FILE=/keys/" in (ROOT / "docs/operating.md").read_text()
    assert "/keys/\n" in (ROOT / ".gitignore").read_text()


def test_only_nginx_is_reached_from_outside():
    ports = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert set(ports) == {"nginx", "prometheus"}
    assert ports["prometheus"] == ["127.0.0.1:${PROMETHEUS_PORT:-9090}:9090"]
    for name in ("service", "postgres"):
        assert SERVICES[name]["networks"] == ["inside"]
    assert compose()["networks"]["inside"] == {"internal": True}
    (port,) = SERVICES["nginx"]["ports"]
    assert port.startswith("${SENTIMENT_ADDRESS:-127.0.0.1}:${PORT:-8000}:")
    assert port.endswith(f":{SERVICES['nginx']['environment']['NGINX_LISTEN']}")


def test_images_are_pinned_or_built_here():
    stages = re.findall(
        r"^FROM \S+ AS (\w\S*)", (ROOT / "Dockerfile").read_text(), re.M
    )
    for container in SERVICES.values():
        if "build" in container:
            assert container["build"]["target"] in stages
        else:
            assert re.search(r":v?\d+\.\d+", container["image"])


def test_nginx_is_one_that_looks_the_name_of_a_group_up_again():
    """Debian's is not, so that no other test would notice."""
    nginx = SERVICES["nginx"]
    assert nginx["environment"]["NGINX_RESOLVE"] == "resolve"
    version = re.search(r":(\d+)\.(\d+)\.(\d+)", nginx["image"]).groups()
    assert tuple(map(int, version)) >= (1, 27, 3)


def test_nginx_asks_the_service_where_it_listens():
    address = SERVICES["nginx"]["environment"]["NGINX_SERVICE"]
    name, port = address.split(":")
    assert name in SERVICES
    assert f"EXPOSE {port}\n" in (ROOT / "Dockerfile").read_text()


def test_every_name_in_the_template_is_set_and_every_setting_used():
    site = (ROOT / "deploy/nginx/templates/sentiment.conf.template").read_text()
    asked = set(re.findall(r"\$\{(\w+)\}", re.sub(r"(?m)^ *#.*", "", site)))
    given = set(SERVICES["nginx"]["environment"])
    of_the_image = {"NGINX_ENVSUBST_FILTER", "NGINX_ENTRYPOINT_QUIET_LOGS"}
    assert asked == given - of_the_image


@pytest.mark.parametrize("name", ["README.md", "docs/operating.md"])
def test_what_the_pages_set_for_compose_is_read_by_it(name):
    page = (ROOT / name).read_text().replace("\\\n", " ")
    text = (ROOT / "docker-compose.yml").read_text()
    lines = re.findall(r"^(.*)docker compose ", page, re.MULTILINE)
    paragraphs = [one for one in page.split("\n\n") if "`.env`" in one]
    asked = set(re.findall(r"([A-Z_]+)=", " ".join(lines + paragraphs)))
    assert "TORCH_INDEX" in asked
    for name in asked:
        assert f"${{{name}:-" in text, name


@pytest.mark.parametrize("name", ["README.md", "docs/operating.md"])
def test_no_command_alone_builds_with_another_torch(name):
    """An address before one command was missing from the next, which built anew."""
    for line in (ROOT / name).read_text().splitlines():
        assert not re.search(r"TORCH_INDEX=.*docker compose", line)


def test_every_image_is_built_with_the_same_torch():
    built = [one["build"] for one in SERVICES.values() if "build" in one]
    assert [one["args"] for one in built] == [{"TORCH_INDEX": "${TORCH_INDEX:-}"}] * 2


def test_the_commands_shown_for_a_container_run_in_its_image():
    """With the command's name, since the image has no entry point of its own."""
    page = (ROOT / "docs/operating.md").read_text()
    shown = re.findall(r"run --rm (?:-T )?train (\S+)", page)
    assert set(shown) == {"sentiment-train", "tar"}
    assert "ENTRYPOINT" not in (ROOT / "Dockerfile").read_text()
    assert "entrypoint" not in SERVICES["train"]


def test_corrections_are_kept_and_read_at_one_address_whose_password_is_set_once():
    for name in ("service", "train"):
        given = SERVICES[name]["environment"]
        assert given["SENTIMENT_FEEDBACK"] == "${SENTIMENT_FEEDBACK:-}"
        assert given["PGPASSWORD"] == "${POSTGRES_PASSWORD:-}"
        assert set(SERVICES[name]["networks"]) & set(SERVICES["postgres"]["networks"])
    asked = SERVICES["postgres"]["environment"]
    assert asked["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"
    address = f"postgresql://{asked['POSTGRES_USER']}@postgres/{asked['POSTGRES_DB']}"
    assert address in (ROOT / "docker-compose.yml").read_text()
    assert address in (ROOT / "docs/operating.md").read_text()
