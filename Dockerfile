# formreader with all that a cluster needs, and no TensorFlow: it only trains.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY formreader formreader
RUN pip wheel --no-cache-dir --wheel-dir /wheels '.[cluster,export,postgresql]'

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 formreader \
    && install -d -o formreader -g formreader /runs /scans
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels \
    'formreader[cluster,export,postgresql]'
USER formreader
WORKDIR /runs
# One page at a time in each worker: more threads would only take turns.
ENV OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
CMD ["formreader", "--help"]
