"""The stack in Docker through testcontainers, for machines where an engine answers."""

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

KAFKA_IMAGE = "apache/kafka:4.3.0"
POSTGRES_IMAGE = "postgres:18"


class ApacheKafka(DockerContainer):
    """Kafka on a port of the host that is only known once the container runs: it waits for its start script."""

    def __init__(self) -> None:
        super().__init__(KAFKA_IMAGE)
        self.with_exposed_ports(9092)
        self.with_command(["sh", "-c", "while [ ! -s /tmp/start.sh ]; do sleep 0.1; done; exec sh /tmp/start.sh"])
        self.with_envs(
            KAFKA_NODE_ID="1",
            KAFKA_PROCESS_ROLES="broker,controller",
            KAFKA_LISTENERS="HOST://:9092,INNER://:9094,CONTROLLER://:9093",
            KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="HOST:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            KAFKA_INTER_BROKER_LISTENER_NAME="INNER",
            KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
            KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
            KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
            KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS="1",
            KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
            KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
            KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
            KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
            KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS="1000",
        )

    def start(self) -> "ApacheKafka":
        super().start()
        listeners = f"HOST://{self.bootstrap},INNER://localhost:9094"
        script = f"export KAFKA_ADVERTISED_LISTENERS={listeners}\nexec /etc/kafka/docker/run\n"
        self.copy_into_container(script.encode(), "/tmp/start.sh")
        LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(120).wait_until_ready(self)
        return self

    @property
    def bootstrap(self) -> str:
        return f"{self.get_container_host_ip()}:{self.get_exposed_port(9092)}"


@contextmanager
def containers() -> Iterator[tuple[str, str]]:
    """The bootstrap servers and the owner's address of a broker and a database, up while the context lasts."""
    postgres = PostgresContainer(POSTGRES_IMAGE, driver=None).with_env(
        "POSTGRES_INITDB_ARGS", "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
    )
    with ApacheKafka() as kafka, postgres:
        yield kafka.bootstrap, postgres.get_connection_url()
