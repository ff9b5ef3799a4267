"""The embedded broker carries a bell that may be lost, but may never end the worker."""

import shutil
import threading

import pytest
from kombu import Connection

from config import broker

QUEUE = "bells"


@pytest.fixture
def connection(tmp_path):
    broker.install()
    options = {"data_folder_in": str(tmp_path / "m"), "data_folder_out": str(tmp_path / "m"),
               "polling_interval": 0.01}  # fmt: skip
    with Connection("filesystem://localhost/", transport_options=options) as connection:
        yield connection


def take(queue) -> object:
    message = queue.get(block=False)
    message.ack()
    return message.payload


def test_messages_come_in_the_order_they_were_put(connection):
    queue = connection.SimpleQueue(QUEUE)
    for number in range(20):
        queue.put({"job": number})
    assert len(queue) == 20
    assert [take(queue)["job"] for _ in range(20)] == list(range(20))
    with pytest.raises(queue.Empty):
        take(queue)


def test_a_message_that_is_still_being_written_is_not_seen(connection, tmp_path):
    queue = connection.SimpleQueue(QUEUE)
    (tmp_path / "m").mkdir(exist_ok=True)
    (tmp_path / "m" / "00000000000000000001_x.partial").write_text("")
    with pytest.raises(queue.Empty):
        take(queue)


def test_a_deleted_folder_is_made_again(connection, tmp_path):
    queue = connection.SimpleQueue(QUEUE)
    queue.put({"job": 1})
    shutil.rmtree(tmp_path / "m")
    with pytest.raises(queue.Empty):
        take(queue)
    queue.put({"job": 2})
    assert take(queue) == {"job": 2}


def test_each_message_is_taken_once_and_none_is_left_lying(connection, tmp_path):
    queue = connection.SimpleQueue(QUEUE)
    for number in range(200):
        queue.put(number)
    taken, lock = [], threading.Lock()

    def worker():
        with connection.clone() as own:
            mine = own.SimpleQueue(QUEUE)
            while True:
                try:
                    number = take(mine)
                except mine.Empty:
                    return
                with lock:
                    taken.append(number)

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(200))
    assert list((tmp_path / "m").iterdir()) == []
