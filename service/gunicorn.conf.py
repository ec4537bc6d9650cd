"""How gunicorn runs the service: gunicorn -c service/gunicorn.conf.py."""
# ruff: noqa: N999  gunicorn looks for a file of this name

from sentiment.cpus import available_cpus
from sentiment.network.kernels import bound_kernels
from service.observability.log_lines import log_config
from service.processes import gunicorn_hooks, run_folder
from service.settings import Settings

with gunicorn_hooks.in_one_line():
    _settings = Settings.from_environment()

# Workers inherit the master's environment.
bound_kernels()

wsgi_app = "service.app:create_app()"
bind = _settings.bind

# Each worker loads the model by itself; the master only imports torch. `preload_app`
# stays off: a model that was used before the fork hangs the workers (pytorch#49555).
worker_class = "service.door.worker.DoorWorker"
workers = gunicorn_hooks.default_workers(_settings, available_cpus())
threads = _settings.threads
# Set before torch is imported, since its OpenMP reads them then. NumPy would start its
# threads at once, and a forked worker would have none of them.
raw_env = [
    f"OMP_NUM_THREADS={_settings.torch_threads}",
    f"MKL_NUM_THREADS={_settings.torch_threads}",
    "OPENBLAS_NUM_THREADS=1",
]

# A worker whose main loop hangs is replaced; also how long loading a model may take.
timeout = 120
# From SIGTERM on: the drain, and then the answers under way. A container's
# stop_grace_period must be longer.
graceful_timeout = gunicorn_hooks.stop_seconds(_settings)
# Longer than a proxy keeps its connections, so that the proxy closes them.
keepalive = 75
# For heartbeats, which a busy disk must not delay.
_memory = run_folder.in_memory()
worker_tmp_dir = str(_memory) if _memory else None

# No local socket to control the master through.
control_socket_disable = True
logger_class = "service.processes.gunicorn_hooks.OneLineLogger"
logconfig_dict = log_config()

on_starting = gunicorn_hooks.on_starting
when_ready = gunicorn_hooks.when_ready
pre_fork = gunicorn_hooks.pre_fork
post_worker_init = gunicorn_hooks.post_worker_init
on_reload = gunicorn_hooks.on_reload
child_exit = gunicorn_hooks.child_exit
on_exit = gunicorn_hooks.on_exit
