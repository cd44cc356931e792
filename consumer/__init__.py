"""What a sales system needs to read Leadgate's queues: nothing of Leadgate, only boto3. See docs/sales.md.

from consumer import Consumer, SqliteStore
from consumer.aws import LeadApi, SqsQueue

consumer = Consumer(lead_api, SqliteStore("state.sqlite"), sink)
SqsQueue(sqs, queue_url).work_off(consumer)
"""

from consumer.reading import Consumer, Delivery, Later, Sink, Work, failures
from consumer.store import MemoryStore, SqliteStore, Store

__all__ = ["Consumer", "Delivery", "Later", "MemoryStore", "Sink", "SqliteStore", "Store", "Work", "failures"]
