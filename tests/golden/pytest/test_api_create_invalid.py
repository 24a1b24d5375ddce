def test_api_todos_is_rejected(client):
    # Act
    response = client.post(
        "/api/todos/", {"title": "", "priority": 9}, content_type="application/json"
    )

    # Assert
    assert response.status_code == 400
    assert response.json() == {
        "errors": {
            "title": ["This field is required."],
            "priority": [
                "Select a valid choice. 9 is not one of the available choices."
            ],
        }
    }
