"""The parts of an OpenAPI document as HubSpot writes them, and those that each document repeats.

`published` has the documents.
"""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]


def text(**more: object) -> Json:
    return {"type": "string", **more}


def ref(name: str) -> Json:
    pointer = name.replace("~", "~0").replace("/", "~1")
    return {"$ref": f"#/components/schemas/{quote(pointer)}"}


def array(items: Json) -> Json:
    return {"type": "array", "items": items}


def mapping(values: Json) -> Json:
    return {"type": "object", "additionalProperties": values}


def model(required: str = "", /, **properties: Json) -> Json:
    schema: Json = {"type": "object", "properties": properties}
    return {"required": required.split(), **schema} if required else schema


def body(name: str, media_type: str = "application/json") -> Json:
    return {"content": {media_type: {"schema": ref(name)}}}


def path_parameter(name: str) -> Json:
    place = {"name": name, "in": "path", "required": True}
    return {**place, "style": "simple", "explode": False, "schema": text()}


def query_parameter(name: str, schema: Json) -> Json:
    place = {"name": name, "in": "query", "required": False}
    return {**place, "style": "form", "explode": True, "schema": schema}


def operation(
    called: str,
    answers: Json,
    *,
    takes: str = "",
    parameters: tuple[Json, ...] = (),
    scopes: tuple[str, ...] = ("crm.objects.contacts.read", "crm.objects.deals.read"),
) -> Json:
    method, path, action = called.split()
    described: Json = {
        "tags": ["Batch" if "/batch/" in path else "Basic"],
        "summary": action,
        "operationId": f"{method}-{path}_{action}",
        "parameters": list(parameters),
    }
    if takes:
        described["requestBody"] = {**body(takes), "required": True}
    described["responses"] = {
        **{status: {"description": "done", **answer} for status, answer in answers.items()},
        "default": {"$ref": "#/components/responses/Error"},
    }
    security = [{"oauth2": [scope]} for scope in scopes] + [{"private_apps": list(scopes)}]
    return {**described, "security": security}


def published(title: str, paths: Json, schemas: Json) -> Json:
    return {
        "openapi": "3.0.1",
        "info": {"title": title, "version": "v3", "x-hubspot-product-tier-requirements": {}},
        "servers": [{"url": "https://api.hubapi.com"}],
        "tags": [{"name": "Batch"}, {"name": "Basic"}],
        "paths": paths,
        "components": {
            "schemas": {**_shared(), **schemas},
            "responses": {"Error": {"description": "An error.", **body("Error", "*/*")}},
            "securitySchemes": {
                "oauth2": {"type": "oauth2", "flows": {}},
                "private_apps": {"type": "apiKey", "name": "private-app", "in": "header"},
            },
        },
        "x-hubspot-available-client-libraries": ["PHP", "Node", "Ruby", "Python"],
    }


# Parts of every document ---------------------------------------------------------------------


def _shared() -> Json:
    lists = mapping(array(text()))
    return {
        "Error": model(
            "category correlationId message",
            category=text(),
            context=copy.deepcopy(lists),
            correlationId=text(format="uuid"),
            errors=array(ref("ErrorDetail")),
            links=mapping(text()),
            message=text(),
            subCategory=text(),
        ),
        "ErrorDetail": model(
            "message",
            **{"in": text()},
            code=text(),
            context=copy.deepcopy(lists),
            message=text(),
            subCategory=text(),
        ),
        "StandardError": model(
            "category context errors links message status",
            category=text(),
            context=copy.deepcopy(lists),
            errors=array(ref("ErrorDetail")),
            id=text(),
            links=mapping(text()),
            message=text(),
            status=text(),
            subCategory={"type": "object", "properties": {}},
        ),
        "ForwardPaging": model(next=ref("NextPage")),
        "NextPage": model("after", after=text(), link=text()),
        "Paging": model(next=ref("NextPage"), prev=ref("PreviousPage")),
        "PreviousPage": model("before", before=text(), link=text()),
    }


def envelope(row: str, *, errors: bool = False) -> Json:
    """Return the schema around the rows; with `errors`, it also has the errors of inputs."""
    failures = {
        "errors": array(ref("StandardError")),
        "numErrors": {"type": "integer", "format": "int32"},
    }
    return model(
        "completedAt results startedAt status",
        completedAt=text(format="date-time"),
        **(failures if errors else {}),
        links=mapping(text()),
        requestedAt=text(format="date-time"),
        results=array(ref(row)),
        startedAt=text(format="date-time"),
        status=text(enum=["PENDING", "PROCESSING", "CANCELED", "COMPLETE"]),
    )
