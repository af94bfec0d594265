# Sets $python to a Python that has the Pulumi SDK: the one the project's `virtualenv` option names, the nearest .venv
# above the working directory (the project's, which the engine starts us in), the active one, or python3 on PATH.
has_sdk() {
    for sdk in "$1"/lib/python3*/site-packages/pulumi; do
        [ -d "$sdk" ] && [ -x "$1/bin/python" ] && return 0
    done
    return 1
}

python=
case "${PULUMI_RUNTIME_VIRTUALENV:-}" in
    '') ;;
    /*) has_sdk "$PULUMI_RUNTIME_VIRTUALENV" && python="$PULUMI_RUNTIME_VIRTUALENV/bin/python" ;;
    *) has_sdk "$PWD/$PULUMI_RUNTIME_VIRTUALENV" && python="$PWD/$PULUMI_RUNTIME_VIRTUALENV/bin/python" ;;
esac
directory=$PWD
while [ -z "$python" ]; do
    has_sdk "$directory/.venv" && python="$directory/.venv/bin/python"
    [ "$directory" = / ] && break
    directory=$(dirname -- "$directory")
done
if [ -z "$python" ] && [ -n "${VIRTUAL_ENV:-}" ] && has_sdk "$VIRTUAL_ENV"; then
    python="$VIRTUAL_ENV/bin/python"
fi
if [ -z "$python" ] && python3 -c 'import pulumi.runtime.proto.language_pb2_grpc' 2>/dev/null; then
    python=python3
fi
if [ -z "$python" ]; then
    echo "No Python with the Pulumi SDK for $PWD: activate the project's virtual environment, or create it with 'python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt'." >&2
    exit 1
fi
