"""Documents are kept by the gateway as by Camunda's store in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from camunda_client.c8 import api
from camunda_client.embedded import Gateway
from camunda_client.error import ServiceException
from tests.parts.configured import configured


@pytest.fixture
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    with Gateway(dialect=getattr(request, "param", "8.9")) as gateway, configured(gateway.base_url):
        yield gateway


def test_a_document_comes_down_as_it_went_up(gateway: Gateway) -> None:
    reference = api.upload_document(b"%PDF\r\n\x00", file_name="a.pdf", content_type="application/pdf")

    assert api.download_document(reference) == b"%PDF\r\n\x00"
    assert reference.metadata is not None
    assert (reference.metadata["fileName"], reference.metadata["size"]) == ("a.pdf", 7)


def test_a_document_that_was_deleted_is_gone(gateway: Gateway) -> None:
    reference = api.upload_document(b"x", file_name="a.txt")
    api.delete_document(reference)

    with pytest.raises(ServiceException) as caught:
        api.download_document(reference)

    assert caught.value.status == 404


def test_an_id_is_given_once(gateway: Gateway) -> None:
    api.upload_document(b"x", file_name="a.txt", document_id="mine")

    with pytest.raises(ServiceException) as caught:
        api.upload_document(b"y", file_name="a.txt", document_id="mine")

    assert caught.value.status == 409


def test_the_hash_has_to_be_that_of_the_content(gateway: Gateway) -> None:
    reference = api.upload_document(b"x", file_name="a.txt")

    with pytest.raises(ServiceException) as caught:
        api.download_document(reference.model_copy(update={"content_hash": "other"}))

    assert caught.value.status == 400


@pytest.mark.parametrize("gateway", ["8.7"], indirect=True)
def test_there_are_none_before_8_8(gateway: Gateway) -> None:
    with pytest.raises(ServiceException) as caught:
        api.upload_document(b"x", file_name="a.txt")

    assert caught.value.status == 404
