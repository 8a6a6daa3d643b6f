"""What lives while the service runs; opened and closed here only."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from service_kit.logging import get_logger
from stream_processor.job import StreamingJob
from stream_processor.kafka_producer import KafkaProducer
from stream_processor.metrics import Metrics
from stream_processor.settings import Settings
from stream_processor.topic_watch import TopicWatch

JVM_GONE_EXIT_CODE = 70
"""EX_SOFTWARE of sysexits.h: the supervisor starts the process again."""
_log = get_logger(__name__)


@dataclass(frozen=True)
class Runtime:
    """The live resources."""

    settings: Settings
    producer: KafkaProducer
    job: StreamingJob
    topic_watch: TopicWatch


@asynccontextmanager
async def open_runtime(settings: Settings, metrics: Metrics) -> AsyncIterator[Runtime]:
    """Open everything; whatever is away, the job waits for it."""
    async with AsyncExitStack() as stack:
        producer = await stack.enter_async_context(KafkaProducer(settings))
        job = StreamingJob(settings, producer, metrics)
        threads = [
            threading.Thread(target=target, name=target.__name__, daemon=True) for target in (job.run, job.keep_house)
        ]
        for thread in threads:
            thread.start()
        stack.push_async_callback(_finish, job, threads, settings.shutdown_timeout_s)
        topic_watch = TopicWatch(settings, job, metrics)
        for work in (_exit_without_jvm(job, settings.probe_interval_s), topic_watch.run()):
            stack.callback(asyncio.create_task(work).cancel)
        yield Runtime(settings, producer, job, topic_watch)


async def _finish(job: StreamingJob, threads: list[threading.Thread], timeout_s: float) -> None:
    """Let the batch in progress end. A batch that is cut off is run again at the next start: nothing is lost."""
    job.stop()
    await asyncio.to_thread(threads[0].join, timeout_s)


async def _exit_without_jvm(job: StreamingJob, interval_s: float) -> None:
    """A process without its JVM can do nothing more, and py4j cannot start a second one in it."""
    while True:
        await asyncio.sleep(interval_s)
        if not job.jvm_is_alive():
            _log.error("the driver's JVM is gone; leaving to be started again")
            os._exit(JVM_GONE_EXIT_CODE)
