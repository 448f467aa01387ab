"""Scores, and what follows from them, through the API; every call raises as `ApiClient.call` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studentdb.api.client import ApiClient
from studentdb.api.problems import parsed
from studentdb.contract.results import LARGEST_BATCH, Result, ResultList, ResultOfStudent, ResultPut, ResultsPut
from studentdb.contract.score_sheets import ClassStatistics, ScoreSheet, Transcript


class Scores:
    """The scores of one class."""

    def __init__(self, client: ApiClient, class_id: str) -> None:
        self._client = client
        self._class = {"classId": class_id}

    def set(self, item_id: str, student_id: str, new: ResultPut) -> Result:
        """Give or correct one. The same again changes nothing."""
        path = self._class | {"id": item_id, "studentId": student_id}
        return parsed(Result, self._client.call("set_result", path=path, body=new))

    def set_many(self, item_id: str, new: Sequence[ResultOfStudent]) -> Iterator[Result]:
        """Give or correct many, as many at a time as the API takes; each such part is written whole or not at all."""
        for start in range(0, len(new), LARGEST_BATCH):
            body = ResultsPut(results=list(new[start : start + LARGEST_BATCH]))
            answer = self._client.call("set_results", path=self._class | {"id": item_id}, body=body)
            yield from parsed(ResultList, answer).results

    def sheet(self) -> ScoreSheet:
        """Line items and students with results and final grades."""
        return parsed(ScoreSheet, self._client.call("get_score_sheet", path=self._class))

    def statistics(self) -> ClassStatistics:
        """Figures of each line item and of the final grades."""
        return parsed(ClassStatistics, self._client.call("get_class_statistics", path=self._class))


def transcript(client: ApiClient, student_id: str) -> Transcript:
    """A student's final grades in all classes that the caller may see."""
    return parsed(Transcript, client.call("get_transcript", path={"id": student_id}))
