"""From the service's JSON to records of jobs, with their tasks and errors."""

from __future__ import annotations

from site_recovery.json_values import Json, parse_time, part, parts, text, text_or_none, texts
from site_recovery.records import FailedOverRecord, JobErrorRecord, JobRecord, TaskRecord, last_segment

# Of FailoverJobDetails and TestFailoverJobDetails; other details have none.
_FAILED_OVER = "protectedItemDetails"


def parse_job(data: Json) -> JobRecord:
    properties = part(data, "properties")
    return JobRecord(
        id=text(data, "id"),
        name=text(data, "name") or last_segment(text(data, "id")),
        scenario_name=text(properties, "scenarioName"),
        friendly_name=text(properties, "friendlyName"),
        state=text(properties, "state"),
        state_description=text(properties, "stateDescription"),
        start_time=parse_time(properties.get("startTime")),
        end_time=parse_time(properties.get("endTime")),
        target_object_id=text_or_none(properties, "targetObjectId"),
        target_object_name=text_or_none(properties, "targetObjectName"),
        target_instance_type=text_or_none(properties, "targetInstanceType"),
        allowed_actions=texts(properties, "allowedActions"),
        activity_id=text_or_none(properties, "activityId"),
        tasks=tuple(_task(task) for task in parts(properties, "tasks")),
        errors=tuple(_job_error(error) for error in parts(properties, "errors")),
        failed_over=tuple(_failed_over(item) for item in parts(part(properties, "customDetails"), _FAILED_OVER)),
    )


def _failed_over(data: Json) -> FailedOverRecord:
    return FailedOverRecord(
        name=text(data, "name"),
        recovery_point_id=text_or_none(data, "recoveryPointId"),
        recovery_point_time=parse_time(data.get("recoveryPointTime")),
    )


def _task(data: Json) -> TaskRecord:
    return TaskRecord(
        id=text(data, "taskId"),
        name=text(data, "name"),
        friendly_name=text(data, "friendlyName"),
        state=text(data, "state"),
        state_description=text(data, "stateDescription"),
        start_time=parse_time(data.get("startTime")),
        end_time=parse_time(data.get("endTime")),
        allowed_actions=texts(data, "allowedActions"),
        errors=tuple(_job_error(error) for error in parts(data, "errors")),
        children=tuple(_task(child) for child in parts(part(data, "groupTaskCustomDetails"), "childTasks")),
    )


def _job_error(data: Json) -> JobErrorRecord:
    service = part(data, "serviceErrorDetails")
    provider = part(data, "providerErrorDetails")
    return JobErrorRecord(
        level=text(data, "errorLevel"),
        service_code=text(service, "code"),
        service_message=text(service, "message"),
        provider_code=text(provider, "errorCode"),
        provider_message=text(provider, "errorMessage"),
        possible_causes=text(service, "possibleCauses") or text(provider, "possibleCauses"),
        recommended_action=text(service, "recommendedAction") or text(provider, "recommendedAction"),
        task_id=text_or_none(data, "taskId"),
        created=parse_time(data.get("creationTime")),
    )
