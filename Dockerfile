# Two images from one file: `service` (the last, so the default) and `train`.
# Each is built in one stage and copied, without its tools, into another.
#
# PyTorch's CPU build: docker build --build-arg TORCH_INDEX=https://... (README.md says where
# to find the address).

FROM python:3.11.14-slim-bookworm AS packages
ARG TORCH_INDEX=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/sentiment
ENV PATH=/opt/sentiment/bin:$PATH
WORKDIR /build
COPY requirements/run.lock requirements/feedback.lock requirements/
RUN pip install --no-deps --require-hashes -r requirements/run.lock
# Corrections are kept and read again by both images.
RUN pip install --no-deps --require-hashes -r requirements/feedback.lock
COPY pyproject.toml README.md LICENSE ./
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} \
    "$(sed -n 's/^ *"\(torch==[^"]*\)",$/\1/p' pyproject.toml)"

FROM packages AS built-service
COPY sentiment sentiment
COPY service service
COPY training training
RUN pip install --no-deps --no-build-isolation .

FROM packages AS built-train
COPY requirements/train.lock requirements/
RUN pip install --no-deps --require-hashes -r requirements/train.lock
COPY sentiment sentiment
COPY service service
COPY training training
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm AS base
# The folders belong to the user, so that volumes mounted there do, too.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin sentiment \
    && mkdir -p /models /runs /var/spool/sentiment \
    && chown sentiment:sentiment /models /runs /var/spool/sentiment
ENV PATH=/opt/sentiment/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SENTIMENT_MODELS=/models
USER 10001:10001

FROM base AS train
COPY --from=built-train /opt/sentiment /opt/sentiment
WORKDIR /
CMD ["sentiment-train", "run", "default"]

FROM base AS service
COPY --from=built-service /opt/sentiment /opt/sentiment
WORKDIR /
# Uploads wait here for their answer: on a disk, for they may be larger than a tmpfs.
ENV TMPDIR=/var/spool/sentiment
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["sentiment", "serve", "--host", "0.0.0.0", "--port", "8000"]
