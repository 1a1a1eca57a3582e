"""Words that people use for the same thing: other spellings, short forms, and foreign words in Hangul."""

from __future__ import annotations

from collections.abc import Mapping

_GROUPS = """
비번 비밀번호 패스워드 password 암호
로긴 로그인 login
로그아웃 logout
카톡 카카오톡 kakaotalk
앱 어플 애플리케이션 어플리케이션 app
와이파이 wifi
블루투스 bluetooth
아이폰 iphone
아이패드 ipad
갤럭시 galaxy
안드로이드 android
맥북 macbook
이메일 메일 email 전자우편
에러 오류 error
업데이트 업뎃 update
다운로드 다운 download
설치 install
키보드 keyboard
마우스 mouse
모니터 monitor
유튜브 youtube
구글 google
네이버 naver
인스타 인스타그램 instagram
크롬 chrome
윈도우 윈도우즈 윈도 windows
리눅스 linux
서버 server
컴퓨터 컴 피시 피씨 pc
노트북 랩탑 laptop
핸드폰 휴대폰 휴대전화 폰 스마트폰
홈페이지 홈피 웹사이트 website
멤버십 멤버쉽 membership
메시지 메세지 message
콘텐츠 컨텐츠 content
액세서리 악세사리 악세서리
배터리 밧데리 battery
케이블 cable
카메라 camera
프로그램 program
버그 bug
쿠폰 coupon
포인트 point
셋톱박스 셋탑박스
애니메이션 애니
아르바이트 알바
리뷰 review 후기
떡볶이 떡볶기
계정 account
재부팅 리부팅 reboot
프린터 프린터기 printer
충전기 charger
color colour
favorite favourite
center centre
gray grey
catalog catalogue
license licence
tire tyre
photo picture
"""


def _table() -> Mapping[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for line in _GROUPS.strip().splitlines():
        group = line.split()
        for word in group:
            table[word] = tuple(other for other in group if other != word)
    return table


SYNONYMS = _table()
