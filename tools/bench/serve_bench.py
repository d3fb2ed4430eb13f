#!/usr/bin/env python3
"""Times POST /predict of a running lenet_serve: the median, the 99th percentile and the requests per second.

    serve_bench.py http://127.0.0.1:8080 drawing.png image/png [REQUESTS [CLIENTS]]
"""
import http.client
import sys
import threading
import time
import urllib.parse


def ask(server, body, kind, count, times):
    """One client: its requests go over one connection, one after the other."""
    connection = http.client.HTTPConnection(server)
    for _ in range(count):
        began = time.perf_counter()
        connection.request("POST", "/predict", body, {"Content-Type": kind})
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200:
            print(f"serve_bench: {response.status}: {answer.decode().strip()}", file=sys.stderr)
            return
        times.append(time.perf_counter() - began)


def main():
    if len(sys.argv) not in (4, 5, 6):
        sys.exit(__doc__)
    url, path, kind = sys.argv[1:4]
    requests = int(sys.argv[4]) if len(sys.argv) > 4 else 600
    clients = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    if not 1 <= clients <= requests:
        sys.exit("serve_bench: expected 1 ≤ CLIENTS ≤ REQUESTS")
    with open(path, "rb") as file:
        body = file.read()
    times = []
    threads = [threading.Thread(target=ask, args=(urllib.parse.urlsplit(url).netloc, body, kind, requests // clients, times))
               for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if len(times) < requests // clients * clients:
        sys.exit(1)
    times.sort()
    print(f"{clients} clients: median {1000 * times[len(times) // 2]:.2f} ms, p99 {1000 * times[len(times) * 99 // 100]:.2f} ms, "
          f"{len(times) / seconds:.0f} requests per second")


if __name__ == "__main__":
    main()
