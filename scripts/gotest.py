"""gotest.py GO-TEST-ARGUMENTS: runs `go test -json` and prints one line for each package, the output of what failed,
what was skipped and why, and what takes long while it runs. `go test` alone hides skips, and is silent for minutes."""
import collections, json, subprocess, sys, threading, time

SLOW, REPEAT = 10, 30  # seconds until a running test is named, and named again

lock, running = threading.Lock(), {}
output, counts = collections.defaultdict(list), collections.Counter()
skipped, finished = [], threading.Event()


def watch():
    named = {}
    while not finished.wait(1):
        now = time.monotonic()
        with lock:
            for key, since in running.items():
                if now - since > SLOW and now - named.get(key, 0) > REPEAT:
                    named[key] = now
                    print(f"        ... {key[0]} {key[1]} is running for {now - since:.0f} s", flush=True)


def package_line(event, package):
    seconds = f"{event.get('Elapsed', 0):.1f} s"
    word = {"pass": "ok", "fail": "FAIL", "skip": "-"}[event["Action"]]
    if word == "FAIL":
        print("".join(output.pop((package, ""), [])), end="")
    if word != "-":
        print(f"{word:5} {package}  {seconds}", flush=True)


def test_done(event, package, test):
    key = (package, test)
    if event["Action"] == "fail":
        print("".join(output[key]), end="", flush=True)
    if event["Action"] == "skip":
        reason = [l.strip() for l in output[key] if not l.startswith(("=== ", "---")) and not l.strip().startswith("--- ")]
        skipped.append(f"{package} {test}: {' '.join(reason) or 'no reason given'}")
    counts[event["Action"]] += 1
    output.pop(key, None)


def handle(event):
    action, package, test = event["Action"], event.get("Package", ""), event.get("Test", "")
    if action == "build-output":
        print(event["Output"], end="", flush=True)
    elif action == "output":
        output[package, test].append(event["Output"])
    elif action in ("run", "cont"):
        running[package, test] = time.monotonic()
    elif action == "pause":
        running.pop((package, test), None)
    elif action in ("pass", "fail", "skip"):
        running.pop((package, test), None)
        if test:
            test_done(event, package, test)
        else:
            package_line(event, package)


go = subprocess.Popen(["go", "test", "-json", *sys.argv[1:]], stdout=subprocess.PIPE, text=True, errors="replace")
threading.Thread(target=watch, daemon=True).start()
for line in go.stdout:
    try:
        event = json.loads(line)
    except ValueError:
        print(line, end="", flush=True)
        continue
    with lock:
        handle(event)
status = go.wait()
finished.set()
for what in skipped:
    print("SKIPPED " + what)
print(f"{counts['pass']} tests passed, {counts['fail']} failed, {counts['skip']} skipped", flush=True)
if status == 0 and not counts["pass"]:
    print("no test matched: nothing was proved")
sys.exit(status)
